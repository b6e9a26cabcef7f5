import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pickByRendezvous } from "../../src/membership/rendezvous.ts";

const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 12 });
const pick = (key: string, names: readonly string[]) => pickByRendezvous(key, names, (name) => name);

describe("rendezvous", () => {
  test("picks the same member in whatever order they are listed", () => {
    fc.assert(
      fc.property(fc.string(), members, (key, names) => {
        expect(pick(key, names)).toBe(pick(key, names.toReversed()));
      }),
    );
  });

  test("moves only the keys of a member that goes", () => {
    fc.assert(
      fc.property(fc.string(), members, (key, names) => {
        const picked = pick(key, names);
        for (const gone of names) {
          if (gone === picked) continue;
          expect(
            pick(
              key,
              names.filter((name) => name !== gone),
            ),
          ).toBe(picked);
        }
      }),
    );
  });

  test("shares keys out evenly", () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 3_000; key++) {
      const name = pick(`run-${key}`, ["a", "b", "c"]) ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(count).toBeGreaterThan(850);
  });

  test("picks nobody when there is nobody", () => {
    expect(pick("run", [])).toBeUndefined();
  });
});
