import { expect, test } from "vitest";
import { LAB_ENDS, labEnds, PLAY_MS_MAX, playExample, violationsOf } from "./play-example.ts";

/** An hour must be longer than it takes to see that somebody waits it, also on a busy machine. */
const HOUR_SEC = 12;

test("lab-monitor: when its agent is killed in an hour's wait, another goes on, nothing is submitted twice, and what is in doubt is said", {
  timeout: PLAY_MS_MAX,
}, async () => {
  const played = await playExample("lab-monitor", "--kill", "--hour", String(HOUR_SEC));
  expect(violationsOf(played)).toEqual([]);
  expect(played.stderr).toContain("the agent that runs rack-1 is killed");
  expect(played.stdout).toContain("held      another agent went on with the run of the killed one");
  expect(labEnds(played)).toEqual({ ...LAB_ENDS, juniper: "unknown 1 0" });
  expect(played.exitCode).toBe(0);
});
