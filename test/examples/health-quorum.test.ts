import { expect, test } from "vitest";
import { PLAY_MS_MAX, playExample, rowsOf, violationsOf } from "./play-example.ts";

test("health-quorum: one machine that is cut off is no alarm, two of three are one alarm, told once", {
  timeout: PLAY_MS_MAX,
}, async () => {
  const played = await playExample("health-quorum");
  expect(violationsOf(played)).toEqual([]);
  expect(rowsOf(played)).toEqual([
    ["all see it up", "ok ok ok", "ok", "-"],
    ["one is cut off", "error ok ok", "ok", "-"],
    ["two are cut off", "error error ok", "ok ok", "shop down"],
    ["all see it up again", "ok ok ok", "ok", "shop up"],
  ]);
  expect(played.exitCode).toBe(0);
});
