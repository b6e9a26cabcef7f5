import { expect, test } from "vitest";
import { createSeededChance } from "../../support/fleet-world/seeded-chance.ts";
import { eventually } from "../../support/eventually.ts";
import type { RunRow } from "../../e2e/fleet.ts";
import { spreadOf } from "../support/figures.ts";
import { startReplicaSet } from "../support/replica-set.ts";
import { judge } from "./judge.ts";
import { soakFaults } from "./soak-faults.ts";
import { type SoakFleet, startSoakFleet, until } from "./soak-fleet.ts";
import { documentOf, kindsSupported, soakJobs } from "./soak-jobs.ts";
import { startSoakTarget } from "./soak-target.ts";
import { takeoverTimes } from "./takeover-times.ts";

const MINUTE_MS = 60_000;
const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 30);
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
const MACHINES = 6;
const JOBS = 300;
const FAULT_EVERY_MS = 20_000;
const PLANNED_MS_MAX = 60_000;
const ENDED_MS_MAX = 180_000;
/** Promise 5 at ttl 3 s: ttl + 3 scans + 1 s. */
const TAKEOVER_MS = 5_500;
const SHOWN_MAX = 30;

const say = (line: string) => process.stdout.write(`${line}\n`);

test(`F34: soak of ${MINUTES} minutes`, { timeout: MINUTES * MINUTE_MS + 10 * MINUTE_MS }, async (context) => {
  const chance = createSeededChance(SEED);
  const kinds = kindsSupported();
  say(`soak: seed ${SEED}, ${MINUTES} minutes, ${MACHINES} agents, ${JOBS} jobs run on ${kinds.join(", ")}`);
  const target = await startSoakTarget(SEED);
  context.onTestFinished(() => target.close());
  const set = await startReplicaSet({ electionTimeoutMs: 2_000 });
  context.onTestFinished(() => set.stop());
  const soak = await startSoakFleet(context, set, MACHINES);
  const jobs = soakJobs(JOBS, kinds);
  await soak.fleet.db.collection("jobs").insertMany(jobs.map((it) => documentOf(it, target.url)));
  await untilPlanned(soak, jobs.length, jobs.filter((it) => it.runOn === "all").length * MACHINES);

  const from = nextMinute();
  const endAt = from + MINUTES * MINUTE_MS;
  const upTo = endAt - MINUTE_MS;
  const counts = await disturb(soak, set, chance, endAt);
  await until(endAt);
  await untilAllEnded(soak, upTo);
  const { violations, occurrences, requests, excused } = judge(target.sent, {
    jobs,
    machines: soak.machines.map((it) => it.id),
    from,
    upTo,
    wakeUps: soak.wakeUps,
  });
  const takeovers = takeoverTimes(target.sent, soak.deaths, jobs);
  const late = takeovers.filter((it) => it > 3 * TAKEOVER_MS).map((it) => `promise 5: a run went on after ${it} ms`);
  const all = [...violations, ...late, ...(await recordTroubles(soak, from, upTo, occurrences))];
  const spread = takeovers.length === 0 ? { p50: "-", max: "-" } : spreadOf(takeovers);
  say(`faults: ${[...counts].map(([row, count]) => `${row} ${count}`).join(" · ")}`);
  say(`takeovers: ${takeovers.length}, p50 ${spread.p50} ms, max ${spread.max} ms (bound ${TAKEOVER_MS} ms)`);
  say(`sent by a former owner just after a pause, which is not promised against: ${excused}`);
  for (const violation of all.slice(0, SHOWN_MAX)) say(`VIOLATION ${violation}`);
  const faults = [...counts.values()].reduce((sum, it) => sum + it, 0);
  say(
    `soak: ${occurrences} occurrences, ${requests} requests, ${faults} faults, ${all.length} violations, seed ${SEED}`,
  );
  expect(all.length).toBe(0);
});

const nextMinute = () => Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

/** From here on every job is planned for, by the fleet or by each machine. */
async function untilPlanned({ fleet }: SoakFleet, jobs: number, cursors: number): Promise<void> {
  await eventually("a plan for every job", PLANNED_MS_MAX, async () => {
    const isPlanned = { schedule: { $type: "string" } } as const;
    const planned = await fleet.db.collection("cursors").countDocuments(isPlanned);
    const known = await fleet.db.collection("job_state").countDocuments({ valid: true });
    const ofFleet = await fleet.db.collection("job_state").countDocuments(isPlanned);
    return known === jobs && planned >= cursors && ofFleet >= jobs - cursors / MACHINES ? true : undefined;
  });
}

/** In an order of chance, so that every kind comes as often as any other. */
function shuffled<Item>(items: readonly Item[], chance: Parameters<typeof soakFaults>[2]): readonly Item[] {
  const lots = items.map((item) => ({ item, lot: chance.fraction() }));
  return lots.toSorted((a, b) => a.lot - b.lot).map(({ item }) => item);
}

/** A fault every so often, each over before the next. How often each came. */
async function disturb(
  soak: SoakFleet,
  set: Parameters<typeof soakFaults>[1],
  chance: Parameters<typeof soakFaults>[2],
  endAt: number,
): Promise<ReadonlyMap<string, number>> {
  const faults = soakFaults(soak, set, chance);
  const counts = new Map<string, number>();
  const bag: (typeof faults)[number][] = [];
  for (let at = Date.now() + FAULT_EVERY_MS; at < endAt - FAULT_EVERY_MS; at += FAULT_EVERY_MS) {
    await until(at);
    if (bag.length === 0) bag.push(...shuffled(faults, chance));
    const fault = bag.pop();
    if (fault === undefined) throw new Error("no fault");
    say(`${new Date().toISOString()} ${fault.row}`);
    await fault.happen();
    counts.set(fault.row, (counts.get(fault.row) ?? 0) + 1);
  }
  return counts;
}

/** The judge may speak when nothing that was due is under way any more. */
async function untilAllEnded({ fleet }: SoakFleet, upTo: number): Promise<void> {
  const isOpen = { status: { $in: ["waiting", "running"] }, scheduled_for: { $lte: new Date(upTo) } };
  await eventually("end of every run", ENDED_MS_MAX, async () => {
    const behind = await fleet.db
      .collection("job_state")
      .countDocuments({ schedule: { $type: "string" }, next: { $lte: new Date(upTo) } });
    const open = await fleet.db.collection("job_runs").countDocuments(isOpen);
    return behind === 0 && open === 0 ? true : undefined;
  });
}

/** Promise 2 beside the target's log: one record for each occurrence, ended. */
async function recordTroubles(
  { fleet }: SoakFleet,
  from: number,
  upTo: number,
  occurrences: number,
): Promise<readonly string[]> {
  const between = { scheduled_for: { $gte: new Date(from), $lte: new Date(upTo) } };
  const records = fleet.db.collection<RunRow>("job_runs");
  const count = await records.countDocuments(between);
  const byStatus = await records.aggregate([{ $match: between }, { $sortByCount: "$status" }]).toArray();
  say(`records: ${byStatus.map((it) => `${String(it["_id"])} ${String(it["count"])}`).join(" · ")}`);
  return count === occurrences ? [] : [`promise 2: ${occurrences} were due, and ${count} records are there`];
}
