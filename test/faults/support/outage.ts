import { setTimeout as pause } from "node:timers/promises";
import { expect, type TestContext } from "vitest";
import type { Document } from "mongodb";
import { type Fleet, openFleet, type RunRow } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, createGate } from "../../support/target.ts";
import { report } from "./figures.ts";
import { joinFleet } from "./join-fleet.ts";
import { startReplicaSet } from "./replica-set.ts";
import { databaseOn } from "./steady-work.ts";

const MINUTE_MS = 60_000;
/** The driver looks again within 10 s, and loops back off no longer than 5 s. */
export const RECOVERY_MS_MAX = 30_000;
const PLANNED_MS_MAX = 20_000;
/** MongoDB goes away this long before a minute, at the latest and at the earliest. */
const BEFORE_MINUTE_MS = [2_000, 8_000] as const;
const POLICIES = ["last", "all", "none"] as const;

export interface Outage {
  readonly awayMs: number;
  /** As a config has it; a short one when left out. */
  readonly lease?: Readonly<Record<string, number>>;
  /** Of the server: what its clock is ahead of this machine's. */
  readonly server?: { readonly env: Readonly<Record<string, string>>; readonly aheadMs: number };
}

export interface Outcome {
  /** Due while MongoDB was away, of each job. */
  readonly minutes: number;
  /** Until the newest of them was run. */
  readonly recoveryMs: number;
}

/**
 * MongoDB is killed a moment before a minute and comes back later. Meanwhile nothing is sent; afterwards each due minute
 * has one record, and is run or not as its job's catch-up says. No agent ends, and no session.
 */
export async function liveThroughOutage(context: TestContext, { awayMs, server, lease }: Outage): Promise<Outcome> {
  const set = await startReplicaSet({ members: 1, electionTimeoutMs: 2_000, of: () => ({ env: server?.env ?? {} }) });
  context.onTestFinished(() => set.stop());
  const [mongod] = set.members;
  if (mongod === undefined) throw new Error("no mongod");
  const fleet = await openFleet(context, {
    database: databaseOn(set.uri),
    config: lease === undefined ? {} : { lease },
  });
  const agents = await joinFleet(fleet, 3);
  const { db, target } = fleet;
  for (const policy of POLICIES) {
    const url = `${target.url}/${policy}`;
    await fleet.putJob({
      name: policy,
      schedule: "* * * * *",
      catch_up: policy,
      overlap: "allow",
      method: "POST",
      url,
    });
  }
  const answer = createGate();
  target.on("/held", () => answer.opened.then(() => ({ body: '"kept"' })));
  const patient = { schedule: "0 0 1 1 *", method: "POST", timeout_sec: 600 };
  await fleet.putJob({ name: "held", ...patient, url: `${target.url}/held` });
  const held = await fleet.runJob("held");
  await target.arrived("/held");
  await eventually("plan of every job", PLANNED_MS_MAX, async () =>
    (await db.collection("job_state").countDocuments({ schedule: { $type: "string" } })) === 4 ? true : undefined,
  );
  const serverNow = () => Date.now() + (server?.aheadMs ?? 0);
  const untilMinuteMs = () => MINUTE_MS - (serverNow() % MINUTE_MS);
  await eventually("moment before a minute", 2 * MINUTE_MS, () =>
    untilMinuteMs() > BEFORE_MINUTE_MS[0] && untilMinuteMs() < BEFORE_MINUTE_MS[1] ? true : undefined,
  );
  const sessions = () => db.collection("serials").distinct("session", { session: { $type: "string" } });
  const before = await sessions();

  const firstMissed = serverNow() + untilMinuteMs();
  await mongod.kill();
  const awaySince = performance.now();
  answer.open();
  await pause(awayMs);
  const backAt = performance.now();
  const backAtServer = serverNow();
  await mongod.restart();

  expect(await fleet.ended(held, RECOVERY_MS_MAX)).toMatchObject({
    status: "ok",
    takeovers: 0,
    steps: [{ attempts: 1, response_sample: '"kept"' }],
  });
  expect(target.arrivals.filter((it) => it.monotonicAt > awaySince && it.monotonicAt < backAt)).toEqual([]);
  const minutes: number[] = [];
  for (let at = firstMissed; at <= backAtServer; at += MINUTE_MS) minutes.push(at);
  for (const policy of POLICIES) await expectSettled(fleet, policy, minutes);
  const [first] = await runsOf(fleet, "last", minutes);
  const recoveryMs = Math.round((first?.monotonicAt ?? Number.NaN) - backAt);
  report(context, { minutes_away: minutes.length, recovery_ms: recoveryMs });
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  expect(new Set(await sessions())).toEqual(new Set(before));
  for (const agent of agents) {
    await agent.untilLogged("recovered");
    expect(agent.lines.filter((it) => it.event === "session_over")).toEqual([]);
  }
  return { minutes: minutes.length, recoveryMs };
}

/** What arrived for these minutes, by what the requests themselves say. */
async function runsOf({ target }: Fleet, policy: string, minutes: readonly number[]) {
  const isOne = (text: string | undefined) => minutes.includes(Date.parse(text ?? ""));
  return target.at(`/${policy}`).filter((it) => isOne(it.headers["x-fleetcron-scheduled-for"]));
}

async function expectSettled(
  fleet: Fleet,
  policy: (typeof POLICIES)[number],
  minutes: readonly number[],
): Promise<void> {
  const newest = minutes.at(-1) ?? 0;
  const between = { job_name: policy, scheduled_for: { $gte: new Date(minutes[0] ?? 0), $lte: new Date(newest) } };
  const records = await eventually(`record of each minute of ${policy}`, RECOVERY_MS_MAX, async () => {
    const found = await fleet.db
      .collection<Document & RunRow>("job_runs")
      .find(between)
      .sort({ scheduled_for: 1 })
      .toArray();
    const isSettled = found.length === minutes.length && found.every((it) => /ok|missed/.test(it.status));
    return isSettled ? found : undefined;
  });
  expect(records.map((it) => it.scheduled_for.getTime())).toEqual([...minutes]);
  const sent = (await runsOf(fleet, policy, minutes)).map((it) =>
    Date.parse(it.headers["x-fleetcron-scheduled-for"] ?? ""),
  );
  if (policy === "all") expect(sent.toSorted((a, b) => a - b)).toEqual([...minutes]);
  if (policy === "last") expect(sent).toEqual([newest]);
  // What is not a minute late is not late, so the newest may be run.
  if (policy === "none") expect(sent.filter((it) => it !== newest)).toEqual([]);
  const ran = records.filter((it) => it.status === "ok").map((it) => it.scheduled_for.getTime());
  expect(ran).toEqual(sent.toSorted((a, b) => a - b));
}
