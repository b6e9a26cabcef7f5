import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { startLoadMeter, startWaitingRuns } from "../../e2e/waiting-runs.ts";
import { startOwnMongod } from "../../support/own-mongod.ts";
import { arrivedTwice } from "../../support/target.ts";
import { report, spreadOf } from "../support/figures.ts";

/** Other sizes: `WAITING_RUNS=500 WAITING_SEC=3600 npm run bench:waiting`. */
const RUNS = Number(process.env["WAITING_RUNS"] ?? 2_000);
/** A shortened hour: all that is done while a run waits is done in it, and what is measured is measured per minute. */
const WAIT_SEC = Number(process.env["WAITING_SEC"] ?? 300);
const MEASURED_MS = 45_000;
/** The lease that is the default of a fleet, and promise 5 with it: ttl + 2 scans + 1 s. */
const LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };
const TAKEOVER_MS_MAX = 17_000;
const STOP_MS_MAX = 10_000;

test(`${RUNS} runs that wait cost next to nothing, are handed over at a stop and taken over after a kill in time, and go on at their moment`, {
  timeout: (WAIT_SEC + 600) * 1_000,
}, async (context) => {
  const { database } = await startOwnMongod(context);
  const config = { lease: LEASE, log: { level: "info", format: "json" }, commands: { poll_sec: 10 } };
  const fleet = await openFleet(context, { database, config });
  const { db, target } = fleet;
  const agents = await fleet.startAgents(2);
  const first = await fleet.leaderOf(agents);
  const second = agents.find((it) => it !== first);
  if (second === undefined) throw new Error("unreachable: two agents were started");

  const idle = await startLoadMeter(db, first);
  await pause(MEASURED_MS);
  const before = await idle.read();
  report(context, { idle_cpu_s_per_min: before.cpuSPerMin, idle_memory_mb: before.memoryMb });
  report(context, { idle_mongo_ops_per_s: before.mongoOpsPerS });

  const beginAt = performance.now();
  const waiting = await startWaitingRuns(fleet, { count: RUNS, waitSec: WAIT_SEC, on: first });
  report(context, { begun_in_s: Math.round((performance.now() - beginAt) / 1_000) });
  const busy = await startLoadMeter(db, first);
  await pause(MEASURED_MS);
  const during = await busy.read();
  report(context, { waiting_cpu_s_per_min: during.cpuSPerMin, waiting_memory_mb: during.memoryMb });
  report(context, { waiting_mongo_ops_per_s: during.mongoOpsPerS });

  const stoppedAt = performance.now();
  first.signal("SIGTERM");
  await first.ended;
  const stopMs = Math.round(performance.now() - stoppedAt);
  await waiting.untilHeldBy(second.machineId, 20_000);
  report(context, { stop_ms: stopMs, all_handed_over_ms: Math.round(performance.now() - stoppedAt) });
  expect(stopMs).toBeLessThan(STOP_MS_MAX);

  const third = await fleet.startAgent();
  await third.untilLogged("machine_joined");
  const times = await waiting.wakeTimes();
  const killedAt = performance.now();
  second.signal("SIGKILL");
  await waiting.untilHeldBy(third.machineId, 3 * TAKEOVER_MS_MAX);
  const takeoverMs = Math.round(performance.now() - killedAt);
  report(context, { taken_over_ms: takeoverMs });
  expect(takeoverMs).toBeLessThan(TAKEOVER_MS_MAX);
  expect(await waiting.wakeTimes()).toEqual(times);

  const rows = await waiting.untilEnded((WAIT_SEC + 120) * 1_000);
  expect(rows.filter((it) => it.status !== "ok" || it.takeovers !== 0)).toEqual([]);
  const ends = target.at("/end");
  expect(ends).toHaveLength(RUNS);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  const late = ends.map((it) => it.at - (times.get(it.run) ?? Number.NaN));
  const { p50, max } = spreadOf(late);
  report(context, { late_p50_ms: p50, late_max_ms: max });
  expect(Math.min(...late)).toBeGreaterThanOrEqual(-5);
  expect(max).toBeLessThan(10_000);
});
