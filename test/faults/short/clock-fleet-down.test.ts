import type { Document } from "mongodb";
import { expect, test } from "vitest";
import { openFleet, type RunRow } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { startFakedMongod } from "../support/faked-mongod.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";
import { joinFleet } from "../support/join-fleet.ts";

/** What every clock shows at first: none of the jobs falls due before the fleet is killed. */
const BEFORE = Date.parse("2027-01-13T10:00:05Z");
/** And when the fleet is started again. */
const AFTER = Date.parse("2027-01-13T12:00:05Z");
const SETTLED_MS_MAX = 60_000;
const MINUTE_MS = 60_000;

const overlapping = { catch_up: "all", overlap: "allow" };
const everyMinute = { schedule: "* * * * *" };

/** The occurrences of each job that are to be run; every other one of 10:01 to 12:00 is to be recorded as missed. */
const JOBS: Readonly<Record<string, { readonly job: object; readonly runs: readonly string[]; readonly all: number }>> =
  {
    last: { job: everyMinute, runs: ["12:00"], all: 120 },
    none: { job: { ...everyMinute, catch_up: "none" }, runs: ["12:00"], all: 120 },
    all: { job: { ...everyMinute, ...overlapping }, runs: minutes("11:01", "12:00"), all: 120 },
    all_30: { job: { ...everyMinute, ...overlapping, catch_up_max: 30 }, runs: minutes("11:30", "12:00"), all: 120 },
    every_20: { job: { schedule: "*/20 * * * *" }, runs: ["12:00"], all: 6 },
    at_half_past_11: { job: { hour: 11, minute: 30 }, runs: ["11:30"], all: 1 },
    at_half_past_10: { job: { hour: 10, minute: 30 }, runs: [], all: 1 },
    none_at_half_past_11: { job: { hour: 11, minute: 30, catch_up: "none" }, runs: [], all: 1 },
  };

test("F22: a whole fleet that was down for 2 hours catches up exactly as each job says, and records the rest as missed", async (context) => {
  const fakeTime = needFakeTime(context);
  const before = fakeTime.shifted(BEFORE - Date.now());
  const mongod = await startFakedMongod(context, before);
  const fleet = await openFleet(context, { database: mongod.database });
  const agents = await joinFleet(fleet, 3, () => before);
  for (const [name, { job }] of Object.entries(JOBS))
    await fleet.putJob({ name, url: `${fleet.target.url}/${name}`, ...job });
  const states = fleet.db.collection("job_state");
  const known = { schedule: { $type: "string" } } as const;
  const count = Object.keys(JOBS).length;
  await eventually("plan of every job", SETTLED_MS_MAX, async () =>
    (await states.countDocuments(known)) === count ? true : undefined,
  );
  for (const agent of agents) agent.signal("SIGKILL");
  await Promise.all([...agents.map((it) => it.ended), mongod.kill()]);
  expect(fleet.target.arrivals).toEqual([]);

  const after = fakeTime.shifted(AFTER - Date.now());
  await mongod.restart(after);
  const restartedAt = performance.now();
  await Promise.all(agents.map((it) => fleet.startAgent(it.home, { env: after })));
  const runs = fleet.db.collection<RunRow>("job_runs");
  await eventually("end of every run, and a plan beyond the outage", SETTLED_MS_MAX, async () => {
    const behind = await states.countDocuments({ ...known, planned_to: { $lt: new Date(AFTER) } });
    const live = await runs.countDocuments({ status: { $in: ["waiting", "running"] } });
    return behind === 0 && live === 0 ? true : undefined;
  });
  const caughtUpMs = performance.now() - restartedAt;

  const records = await runs.find({ scheduled_for: { $lte: new Date(AFTER) } }).toArray();
  for (const [name, { runs: due, all }] of Object.entries(JOBS)) {
    const own = records.filter((it) => it["job_name"] === name);
    const ran = own.filter((it) => it.status === "ok").map((it) => clockOf(it.scheduled_for));
    expect([name, ran.toSorted()]).toEqual([name, due]);
    const arrived = fleet.target.at(`/${name}`).map((it) => clockOf(it.headers["x-fleetcron-scheduled-for"] ?? ""));
    expect([name, arrived.filter((it) => it <= "12:00").toSorted()]).toEqual([name, due]);
    const missed = own.filter((it) => it.status === "missed").flatMap(momentsOf);
    expect(own.filter((it) => it.status !== "ok" && it.status !== "missed")).toEqual([]);
    expect([name, new Set([...missed, ...ran]).size, missed.length + ran.length]).toEqual([name, all, all]);
  }
  expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  report(context, { "caught up ms after the restart": Math.round(caughtUpMs), records: records.length });
});

/** A record of a stretch stands for as many moments as it counts. */
function momentsOf(record: Document & RunRow): readonly string[] {
  const count = Number(record["count"] ?? 1);
  return Array.from({ length: count }, (_, index) => clockOf(record.scheduled_for.getTime() + index * MINUTE_MS));
}

/** As on a clock in UTC. */
function clockOf(moment: Date | number | string): string {
  return new Date(moment).toISOString().slice(11, 16);
}

function minutes(first: string, last: string): readonly string[] {
  const [from, to] = [first, last].map((it) => Date.parse(`2027-01-13T${it}:00Z`));
  const count = ((to ?? 0) - (from ?? 0)) / MINUTE_MS + 1;
  return Array.from({ length: count }, (_, index) => clockOf((from ?? 0) + index * MINUTE_MS));
}
