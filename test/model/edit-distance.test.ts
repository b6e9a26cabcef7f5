import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance } from "../../src/model/edit-distance.ts";

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

  test("is counted as the definition says", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
    fc.assert(
      fc.property(name, name, (from, to) => {
        expect(editDistance(from, to)).toBe(distanceByDefinition(from, to));
      }),
    );
  });
});

/** The definition itself, without any table. */
function distanceByDefinition(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const same = a.at(-1) === b.at(-1);
  const ways = [
    distanceByDefinition(a.slice(0, -1), b) + 1,
    distanceByDefinition(a, b.slice(0, -1)) + 1,
    distanceByDefinition(a.slice(0, -1), b.slice(0, -1)) + (same ? 0 : 1),
  ];
  const swapped = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1);
  return Math.min(...ways, ...(swapped ? [distanceByDefinition(a.slice(0, -2), b.slice(0, -2)) + 1] : []));
}

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
