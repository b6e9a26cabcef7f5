import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearName, slipsBetween } from "../../src/schema/near-field.ts";

/** The definition itself, without any table. */
function slipsByDefinition(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const same = a.at(-1) === b.at(-1);
  const ways = [
    slipsByDefinition(a.slice(0, -1), b) + 1,
    slipsByDefinition(a, b.slice(0, -1)) + 1,
    slipsByDefinition(a.slice(0, -1), b.slice(0, -1)) + (same ? 0 : 1),
  ];
  const swapped = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1);
  return Math.min(...ways, ...(swapped ? [slipsByDefinition(a.slice(0, -2), b.slice(0, -2)) + 1] : []));
}

describe("slips between two names", () => {
  test("are counted as the definition says", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(slipsBetween(a, b)).toBe(slipsByDefinition(a, b));
      }),
    );
  });
});

describe("the name that was meant", () => {
  test.each([
    ["naem", "name"],
    ["nam", "name"],
    ["names", "name"],
    ["scedhule", "schedule"],
    ["SCHEDULE", "schedule"],
  ])("for %s is %s", (wrong, right) => {
    expect(nearName(wrong, ["name", "schedule"])).toBe(right);
  });

  test.each(["host", "nmea2", "skedul", "", "x".repeat(100_000)])("is not guessed for %.10s", (name) => {
    expect(nearName(name, ["name", "schedule"])).toBeUndefined();
  });

  test("is the nearest of several", () => {
    expect(nearName("schedules1", ["schedule", "schedules"])).toBe("schedules");
  });
});
