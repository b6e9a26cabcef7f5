import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { freshDatabase } from "../../support/mongo.ts";
import { arrivedTwice } from "../../support/target.ts";
import { report, spreadOf } from "../support/figures.ts";

const MINUTE_MS = 60_000;
const JOBS = 100_000;
const DUE = 1_000;
const BATCH = 5_000;
/** The row's bounds. */
const CLAIMED_MS = 60_000;
const MEMORY_MB = 512;
const LOADED_MS_MAX = 240_000;

test("F26, row 27: of 100,000 jobs 1,000 are due in one minute: each is run once and soon, and the memory of an agent stays small", {
  timeout: 15 * MINUTE_MS,
}, async (context) => {
  const fleet = await openFleet(context, { database: freshDatabase("many jobs") });
  const { target, db } = fleet;
  const url = (path: string) => `${target.url}/${path}`;
  const idle = { enabled: true, method: "POST", url: url("idle"), description: "a job that is not due today" };
  for (let from = 0; from < JOBS - DUE; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, JOBS - DUE - from) }, (_, index) => ({
      ...idle,
      name: `idle-${from + index}`,
      schedule: `${index % 60} 4 1 1 *`,
      labels: { team: `team-${index % 50}` },
    }));
    await db.collection("jobs").insertMany(batch);
  }
  const startedAt = performance.now();
  const agents = await fleet.startAgents(2);
  await fleet.leaderOf(agents);
  const known = db.collection("job_state");
  await eventually("plan of every job", LOADED_MS_MAX, async () =>
    (await known.countDocuments({ schedule: { $type: "string" } })) >= JOBS - DUE ? true : undefined,
  );
  report(context, { first_load_s: Math.round((performance.now() - startedAt) / 1_000) });

  const every = { enabled: true, schedule: "* * * * *", overlap: "allow", method: "POST", url: url("due") };
  const due = Array.from({ length: DUE }, (_, index) => ({ ...every, name: `due-${index}` }));
  await db.collection("jobs").insertMany(due);
  await eventually("plan of the due jobs", LOADED_MS_MAX, async () =>
    (await known.countDocuments({ schedule: { $type: "string" } })) >= JOBS ? true : undefined,
  );
  const from = Math.ceil((Date.now() + 5_000) / MINUTE_MS) * MINUTE_MS;
  const minutes = [from, from + MINUTE_MS].map((at) => new Date(at).toISOString().slice(0, 16));
  const arrivalsOf = (minute: string) =>
    target.at("/due").filter((it) => it.headers["x-fleetcron-scheduled-for"]?.startsWith(minute));
  const peaks: number[] = [];
  await eventually("run of each due job", 5 * MINUTE_MS, async () => {
    peaks.push(...(await Promise.all(agents.map(memoryMb))));
    return minutes.every((it) => arrivalsOf(it).length >= DUE) ? true : undefined;
  });
  for (const [index, minute] of minutes.entries()) {
    const arrivals = arrivalsOf(minute);
    expect(new Set(arrivals.map((it) => it.headers["x-fleetcron-job"])).size).toBe(DUE);
    expect(arrivals.length).toBe(DUE);
    const lags = spreadOf(arrivals.map((it) => it.at - (from + index * MINUTE_MS)));
    report(context, { [`minute_${index + 1}_lag_p50_ms`]: lags.p50, [`minute_${index + 1}_lag_max_ms`]: lags.max });
    expect(lags.max).toBeLessThan(3 * CLAIMED_MS);
  }
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  const memory = Math.max(...peaks);
  report(context, {
    memory_max_mb: memory,
    sessions_lost: agents.flatMap((it) => it.lines).filter((it) => it.event === "session_over").length,
  });
  expect(memory).toBeLessThan(3 * MEMORY_MB);
});

/** Resident memory of a process, where the system tells it. */
async function memoryMb({ pid }: AgentProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}
