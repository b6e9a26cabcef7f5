import { expect, test } from "vitest";
import { pauseOf } from "../../../src/adapters/mongo/pause-store.ts";

const NOON = new Date("2026-11-21T12:00:00Z");

test.each([
  [undefined, undefined],
  [null, undefined],
  [false, undefined],
  [true, { until: undefined }],
  [NOON, { until: NOON.getTime() }],
  ["2026-11-21T12:00:00Z", { until: undefined, isUnreadable: true }],
  [new Date(Number.NaN), { until: undefined, isUnreadable: true }],
  [1, { until: undefined, isUnreadable: true }],
])("paused_until %o is read as %o", (written, pause) => {
  expect(pauseOf(written)).toEqual(pause);
});
