import { describe, expect, test } from "vitest";
import { nearName } from "../../src/model/near-name.ts";

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
