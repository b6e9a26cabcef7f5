import { expect, test } from "vitest";
import { arrivedTwice } from "../support/target.ts";
import { openFleet, TAKEOVER_MS_MAX } from "./fleet.ts";
import { startWaitingRuns } from "./waiting-runs.ts";

const RUNS = 200;
/** Longer than it takes to begin all of them, to stop one agent and to kill another. */
const WAIT_SEC = 45;
/** Runs that wake together send one after the other, on a busy computer. */
const LATE_MS_MAX = 10_000;
const STOP_MS_MAX = 8_000;

test("200 runs that wait go from agent to agent, by a clean stop and by a kill, and each goes on once, at its moment", async (context) => {
  const fleet = await openFleet(context, { config: { log: { level: "info", format: "json" } } });
  const agents = await fleet.startAgents(2);
  const first = await fleet.leaderOf(agents);
  const second = agents.find((it) => it !== first);
  if (second === undefined) throw new Error("unreachable: two agents were started");
  const waiting = await startWaitingRuns(fleet, { count: RUNS, waitSec: WAIT_SEC, on: first });
  const times = await waiting.wakeTimes();

  const stoppedAt = performance.now();
  first.signal("SIGTERM");
  expect((await first.ended).exitCode).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(STOP_MS_MAX);
  await waiting.untilHeldBy(second.machineId, STOP_MS_MAX);

  const third = await fleet.startAgent();
  await third.untilLogged("machine_joined");
  const killedAt = performance.now();
  second.signal("SIGKILL");
  await waiting.untilHeldBy(third.machineId, 2 * TAKEOVER_MS_MAX);
  console.log(`${RUNS} waiting runs were taken over ${Math.round(performance.now() - killedAt)} ms after the kill`);
  expect(await waiting.wakeTimes()).toEqual(times);

  const rows = await waiting.untilEnded(WAIT_SEC * 1_000 + 60_000);
  expect(rows.filter((it) => it.status !== "ok" || it.takeovers !== 0)).toEqual([]);
  const ends = fleet.target.at("/end");
  expect(ends).toHaveLength(RUNS);
  expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  const late = ends.map((it) => it.at - (times.get(it.run) ?? Number.NaN));
  expect(Math.min(...late)).toBeGreaterThanOrEqual(-5);
  expect(Math.max(...late)).toBeLessThan(LATE_MS_MAX);
}, 240_000);
