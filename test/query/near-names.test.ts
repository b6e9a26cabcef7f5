import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearNames } from "../../src/query/near-names.ts";

describe("near names", () => {
  const known = ["refresh-prices", "refresh-stock", "backup", "report"];

  test("are those a slip away, nearest first", () => {
    expect(nearNames("bakcup", known)).toEqual(["backup"]);
    expect(nearNames("refresh-pricse", known)).toEqual(["refresh-prices"]);
    expect(nearNames("Report", known)).toEqual(["report"]);
  });

  test("are those that hold what was typed", () => {
    expect(nearNames("refresh", known)).toEqual(["refresh-prices", "refresh-stock"]);
  });

  test("are none when nothing is like it", () => {
    expect(nearNames("zzz", known)).toEqual([]);
    expect(nearNames("", known)).toEqual([]);
    expect(nearNames("anything", [])).toEqual([]);
  });

  test("are at most three, each once", () => {
    expect(nearNames("job", ["job-1", "job-2", "job-2", "job-3", "job-4"])).toEqual(["job-1", "job-2", "job-3"]);
  });

  test("are found at once among very long names", () => {
    const long = "x".repeat(20_000);
    expect(
      nearNames(
        long,
        Array.from({ length: 100 }, (_, i) => `${long}${i}`),
      ),
    ).toHaveLength(3);
  });
});

describe("the distance of two texts", () => {
  const word = fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", "c") });

  test("is what a search over all single slips finds", () => {
    fc.assert(
      fc.property(word, word, (from, to) => {
        const distance = editDistance(from, to);
        expect(distance).toBe(editDistance(to, from));
        expect(distance === 0).toBe(from === to);
        expect(distance === 1).toBe(from !== to && oneSlipAway(from).has(to));
      }),
    );
  });
});

/** Every text that one insertion, deletion, replacement or swap makes. */
function oneSlipAway(text: string): Set<string> {
  const found = new Set<string>();
  for (let at = 0; at <= text.length; at++) {
    const [head, tail] = [text.slice(0, at), text.slice(at)];
    found.add(head + tail.slice(1));
    found.add(head + tail.slice(1, 2) + tail.slice(0, 1) + tail.slice(2));
    for (const letter of "abc") {
      found.add(head + letter + tail);
      if (tail !== "") found.add(head + letter + tail.slice(1));
    }
  }
  return found;
}
