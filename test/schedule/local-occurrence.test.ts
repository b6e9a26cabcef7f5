import { expect, test } from "vitest";
import { localOccurrence } from "../../src/schedule/local-occurrence.ts";
import { at } from "./schedules.ts";

test("a moment gets its wall time for guards and people, to the second", () => {
  expect(localOccurrence(at("2026-03-29T01:00:07.250Z"), "europe/berlin")).toEqual({
    scheduledFor: at("2026-03-29T01:00:07.250Z"),
    key: "2026-03-29T01:00Z",
    local: "2026-03-29T03:00:07+02:00",
    hour: 3,
    minute: 0,
    note: undefined,
  });
});

test("a zone that this machine does not know is refused by name", () => {
  expect(() => localOccurrence(at("2026-03-29T01:00Z"), "Mars/Phobos")).toThrow(/"Mars\/Phobos" is not a time zone/);
});
