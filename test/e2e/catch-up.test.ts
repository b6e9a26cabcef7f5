import { describe, expect, test, type TestContext } from "vitest";
import type { Document } from "mongodb";
import { eventually } from "../support/eventually.ts";
import { arrivedTwice, createGate } from "../support/target.ts";
import { type Fleet, openFleet, type RunRow } from "./fleet.ts";

const MINUTE_MS = 60_000;
const SETTLED_MS_MAX = 20_000;
const QUIET_MS = 15_000;

interface Outage {
  readonly fleet: Fleet;
  /** In order of time; every moment since the outage began has one. */
  readonly records: readonly RunRow[];
}

/** A fleet that planned a job of every minute, was away for some of them, and has settled what it missed. */
async function afterOutage(
  context: TestContext,
  minutes: number,
  job: Readonly<Record<string, unknown>>,
  prepare: (fleet: Fleet) => void = () => {},
): Promise<Outage> {
  // Nothing falls due by itself in the seconds before the outage.
  await eventually("minute that has only begun", QUIET_MS + SETTLED_MS_MAX, () =>
    Date.now() % MINUTE_MS < MINUTE_MS - QUIET_MS ? true : undefined,
  );
  const fleet = await openFleet(context);
  const states = fleet.db.collection<Document & { _id: string }>("job_state");
  const [agent] = await fleet.startAgents(1);
  if (agent === undefined) throw new Error("no agent");
  const insertedId = await fleet.putJob({ schedule: "* * * * *", url: `${fleet.target.url}/due`, ...job });
  const id = insertedId.toHexString();
  const planned = await eventually("plan of the job", SETTLED_MS_MAX, async () => {
    const state = await states.findOne({ _id: id, schedule: { $type: "string" } });
    return state?.["planned_to"] instanceof Date ? state["planned_to"] : undefined;
  });
  agent.signal("SIGTERM");
  await agent.ended;
  const from = new Date(planned.getTime() - minutes * MINUTE_MS);
  await states.updateOne({ _id: id }, { $set: { planned_to: from } });
  prepare(fleet);

  await fleet.startAgent(agent.home);
  await eventually("move of the cursor", SETTLED_MS_MAX, async () => {
    const state = await states.findOne({ _id: id, planned_to: { $gte: planned } });
    return state ?? undefined;
  });
  const records = await fleet.db
    .collection<RunRow>("job_runs")
    .find({ job_id: id })
    .sort({ scheduled_for: 1 })
    .toArray();
  expectEveryMinuteOnce(records, from, planned);
  return { fleet, records };
}

function expectEveryMinuteOnce(records: readonly RunRow[], from: Date, upTo: Date): void {
  const covered = records.flatMap((it) => {
    const count = it["count"] === undefined ? 1 : Number(it["count"]);
    return Array.from({ length: count }, (_, index) => it.scheduled_for.getTime() + index * MINUTE_MS);
  });
  const first = (Math.floor(from.getTime() / MINUTE_MS) + 1) * MINUTE_MS;
  expect(covered).toEqual(covered.map((_, index) => first + index * MINUTE_MS));
  expect(covered.at(-1)).toBeGreaterThan(upTo.getTime() - MINUTE_MS);
}

const withStatus = (records: readonly RunRow[], status: string) => records.filter((it) => it.status === status);
const withRun = (records: readonly RunRow[]) =>
  records.filter((it) => it.status !== "missed" && it.status !== "skipped");

describe.concurrent("after an outage", { timeout: 60_000 }, () => {
  test("the newest occurrence is run, and each before it is recorded as missed with the reason", async (context) => {
    const { fleet, records } = await afterOutage(context, 10, { name: "last" });
    const runs = withRun(records);
    expect(withStatus(records, "missed").length).toBeGreaterThanOrEqual(9);
    expect(runs).toEqual(records.slice(records.length - runs.length));
    expect(runs.length).toBeGreaterThanOrEqual(1);
    for (const missed of withStatus(records, "missed")) expect(missed.reason).toContain('catch_up is "last"');
    for (const run of runs) expect(await fleet.ended(run._id)).toMatchObject({ status: "ok", trigger: "schedule" });
    expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  });

  test("every occurrence is run once where the job asks for all", async (context) => {
    const { fleet, records } = await afterOutage(context, 10, { name: "all", catch_up: "all", overlap: "allow" });
    expect(records.length).toBeGreaterThanOrEqual(10);
    for (const run of records) expect(await fleet.ended(run._id)).toMatchObject({ status: "ok" });
    expect(new Set(fleet.target.at("/due").map((it) => it.run))).toEqual(new Set(records.map((it) => it._id)));
    expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  });

  test("an occurrence whose job is still at an earlier one is recorded as skipped, naming it", async (context) => {
    const gate = createGate();
    const job = { name: "slow", catch_up: "all", overlap: "skip" };
    const { fleet, records } = await afterOutage(context, 4, job, ({ target }) =>
      target.on("/due", () => gate.opened.then(() => ({}))),
    );
    const [first, ...later] = records;
    await fleet.target.arrived("/due");
    expect(first?.status).toBe("running");
    expect(later.length).toBeGreaterThanOrEqual(3);
    for (const skipped of later) {
      expect(skipped.status).toBe("skipped");
      expect(skipped.reason).toContain(first?._id);
    }
    gate.open();
    expect(await fleet.ended(first?._id ?? "")).toMatchObject({ status: "ok" });
    expect(fleet.target.at("/due").length).toBe(1);
  });

  test("a long stretch of misses is one record with its last moment and their count", async (context) => {
    const { records } = await afterOutage(context, 300, { name: "long", catch_up: "none" });
    const [stretch, ...rest] = records;
    expect(stretch).toMatchObject({ status: "missed", count: expect.any(Number), last: expect.any(Date) });
    expect(stretch?.["count"]).toBeGreaterThanOrEqual(298);
    expect(rest.length).toBeLessThanOrEqual(2);
    for (const run of rest) expect(run.status).not.toBe("missed");
  });
});
