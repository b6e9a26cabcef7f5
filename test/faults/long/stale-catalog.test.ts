import { describe, expect, test, type TestContext } from "vitest";
import type { Document } from "mongodb";
import { type Fleet, openFleet, type RunRow } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { type Links, openLinks } from "../support/links.ts";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.ts";
import { databaseOn } from "../support/steady-work.ts";

const MINUTE_MS = 60_000;
const TEST_MS_MAX = 8 * MINUTE_MS;
const PLANNED_MS_MAX = 30_000;

interface Parts {
  readonly fleet: Fleet;
  readonly links: Links;
}

async function openParts(context: TestContext, set: ReplicaSet): Promise<Parts> {
  const links = await openLinks(set.ports);
  context.onTestFinished(() => links.close());
  const fleet = await openFleet(context, { database: databaseOn(set.uri) });
  const agents = await fleet.startAgents(2, { env: links.env });
  await fleet.leaderOf(agents);
  return { fleet, links };
}

/** Resolves when the clock shows this second of a minute. */
async function secondOfMinute(second: number): Promise<void> {
  const isThere = () => Math.floor((Date.now() % MINUTE_MS) / 1_000) === second;
  await eventually(`second ${second} of a minute`, 2 * MINUTE_MS, () => (isThere() ? true : undefined));
}

/** When the plan of the job began. */
async function plannedFrom({ db }: Fleet, id: string): Promise<number> {
  const state = await eventually(`plan of ${id}`, 2 * MINUTE_MS, async () => {
    const found = await db
      .collection<Document & { _id: string }>("job_state")
      .findOne({ _id: id, schedule: { $type: "string" } });
    return found ?? undefined;
  });
  return (state["planned_to"] as Date).getTime();
}

/** Minutes between both for which the job has no record, or more than one. */
async function gaps({ db }: Fleet, id: string, from: number, upTo: number): Promise<readonly string[]> {
  const rows = await db.collection<Document & RunRow>("job_runs").find({ job_id: id }).toArray();
  const counts = new Map<number, number>();
  for (const it of rows) counts.set(it.scheduled_for.getTime(), (counts.get(it.scheduled_for.getTime()) ?? 0) + 1);
  const troubles: string[] = [];
  for (let at = Math.floor(from / MINUTE_MS + 1) * MINUTE_MS; at <= upTo; at += MINUTE_MS)
    if (counts.get(at) !== 1) troubles.push(`${new Date(at).toISOString()}: ${counts.get(at) ?? 0} records`);
  return troubles;
}

describe.concurrent("no due minute is without a record when a job is created or edited", {
  timeout: TEST_MS_MAX,
}, () => {
  test("F37: while the change stream of every agent is dead", async (context) => {
    const set = await startReplicaSet({ members: 1 });
    context.onTestFinished(() => set.stop());
    const { fleet, links } = await openParts(context, set);
    const [link] = links.each;
    link?.resetRequests((bytes) => bytes.includes("$changeStream"));
    links.cut();
    await secondOfMinute(30);
    const id = (
      await fleet.putJob({ name: "created", schedule: "* * * * *", url: `${fleet.target.url}/created` })
    ).toHexString();
    // Without a stream the jobs are read a moment before each minute.
    const first = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    await fleet.target.arrived("/created", 1, 2 * MINUTE_MS);
    expect(fleet.target.at("/created")[0]?.at).toBeLessThan(first + MINUTE_MS / 2);
    await secondOfMinute(50);
    await fleet.db.collection("jobs").updateOne({ name: "created" }, { $set: { url: `${fleet.target.url}/edited` } });
    const edited = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    await fleet.target.arrived("/edited", 2, 3 * MINUTE_MS);
    expect(fleet.target.at("/edited")[0]?.headers["x-fleetcron-scheduled-for"]).toContain(
      new Date(edited).toISOString().slice(0, 16),
    );
    expect(await gaps(fleet, id, first - 1, edited + MINUTE_MS)).toEqual([]);
  });

  test("F37: while MongoDB is out of their reach over a minute", async (context) => {
    const set = await startReplicaSet({ members: 1 });
    context.onTestFinished(() => set.stop());
    const { fleet, links } = await openParts(context, set);
    const url = `${fleet.target.url}/before`;
    const before = (await fleet.putJob({ name: "before", schedule: "* * * * *", url })).toHexString();
    const beforeFrom = await plannedFrom(fleet, before);
    await secondOfMinute(45);
    links.refuse();
    const away = Date.now();
    await fleet.db
      .collection("jobs")
      .updateOne({ name: "before" }, { $set: { schedule: "*/1 * * * *", url: `${fleet.target.url}/after` } });
    const created = (
      await fleet.putJob({ name: "created", schedule: "* * * * *", url: `${fleet.target.url}/created` })
    ).toHexString();
    await secondOfMinute(10);
    links.pass();
    const createdFrom = await plannedFrom(fleet, created);
    await fleet.target.arrived("/created", 2, 4 * MINUTE_MS);
    await eventually("records up to now", PLANNED_MS_MAX, async () =>
      (await gaps(fleet, before, beforeFrom, Date.now() - 5_000)).length === 0 ? true : undefined,
    );
    expect(await gaps(fleet, before, beforeFrom, Date.now() - 20_000)).toEqual([]);
    expect(await gaps(fleet, created, createdFrom, Date.now() - 20_000)).toEqual([]);
    // What was due meanwhile belongs to the job as it was before its edit.
    const missed = new Date(Math.ceil(away / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16);
    const sent = fleet.target.arrivals.filter((it) => it.headers["x-fleetcron-scheduled-for"]?.startsWith(missed));
    expect(sent.map((it) => it.path)).toEqual(["/before"]);
  });
});
