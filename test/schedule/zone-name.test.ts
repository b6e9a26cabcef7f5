import { describe, expect, test } from "vitest";
import { canonicalZone } from "../../src/schedule/zone-name.ts";

describe("the name of a zone", () => {
  test.each([
    ["asia/seoul", "Asia/Seoul"],
    ["Asia/Seoul", "Asia/Seoul"],
    ["utc", "UTC"],
    ["AMERICA/PORT_OF_SPAIN", "America/Port_of_Spain"],
    ["america/port-au-prince", "America/Port-au-Prince"],
    ["etc/gmt+5", "Etc/GMT+5"],
  ])("%s is spelled %s", (text, name) => {
    expect(canonicalZone(text)).toBe(name);
  });

  // Versions of Node answer differently which name of a place is the main one; a key must be the same everywhere.
  test.each([
    "Asia/Kolkata",
    "Asia/Calcutta",
    "Europe/Kyiv",
    "Europe/Kiev",
    "US/Pacific",
    "EST5EDT",
    "Etc/UTC",
    "NZ-CHAT",
  ])("%s stays itself, however it is written", (name) => {
    expect(canonicalZone(name)).toBe(name);
    expect(canonicalZone(name.toUpperCase())).toBe(name);
  });

  test.each(["Mars/Phobos", "", " ", "+09:00", "-03", "KST9", "Asia/Seoul ", "localtime", "../etc"])(
    "%j is none",
    (text) => {
      expect(canonicalZone(text)).toBeUndefined();
    },
  );
});
