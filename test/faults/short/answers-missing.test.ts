import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, createGate } from "../../support/target.ts";
import { type Fleet, HANDED_ON_MS_MAX, openFleet, type RunRow, TAKEOVER_MS_MAX } from "../../e2e/fleet.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";
import { JOINED_MS_MAX } from "../support/join-fleet.ts";
import { commandOn, type Link } from "../support/link.ts";
import { type Links, openLinks } from "../support/links.ts";
import { liveThroughOutage, RECOVERY_MS_MAX } from "../support/outage.ts";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.ts";
import { databaseOn } from "../support/steady-work.ts";

const MINUTE_MS = 60_000;
/** Second of the server's clock with which it starts: enough before a minute for a fleet to start, and no more. */
const STARTS_AT_MS = 38_000;
const AWAY_MS = 12_000;
/** The driver gives a silent connection up after this. */
const GIVEN_UP_MS_MAX = 30_000;

let set: ReplicaSet;
beforeAll(async () => {
  set = await startReplicaSet({ members: 1, electionTimeoutMs: 2_000 });
});
afterAll(() => set.stop());

/** A leader behind links that can be harmed, and another agent that goes straight to MongoDB. */
interface Pair {
  readonly fleet: Fleet;
  readonly leader: AgentProcess;
  readonly other: AgentProcess;
  readonly links: Links;
  readonly link: Link;
}

async function openPair(context: TestContext): Promise<Pair> {
  const links = await openLinks(set.ports);
  context.onTestFinished(() => links.close());
  const fleet = await openFleet(context, { database: databaseOn(set.uri) });
  const leader = await fleet.startAgent(undefined, { env: links.env });
  await leader.untilLogged("leader_changed", undefined, JOINED_MS_MAX);
  const other = await fleet.startAgent();
  await other.untilLogged("machine_joined", undefined, JOINED_MS_MAX);
  const [link] = links.each;
  if (link === undefined) throw new Error("no link");
  return { fleet, leader, other, links, link };
}

function chain(fleet: Fleet, retries: number): Readonly<Record<string, unknown>> {
  const post = { type: "http", method: "POST", retry: { retries, delay_sec: 0.1, backoff: 1 } };
  const step = (name: string) => ({ ...post, name, url: `${fleet.target.url}/${name}` });
  return { schedule: "0 0 1 1 *", actions: [step("one"), step("two"), step("three")] };
}

const stored = async ({ db }: Fleet, run: string) => db.collection<RunRow>("job_runs").findOne({ _id: run });
const sends = ({ target }: Fleet, step: string) => target.at(step).map((it) => it.attempt);

describe.concurrent("when a write that was given up arrives after all", () => {
  test("F35: the result of a step that was repeated changes nothing, and every step is sent once", async (context) => {
    const { fleet, leader, link } = await openPair(context);
    const gate = createGate();
    fleet.target.on("/two", () => gate.opened.then(() => ({})));
    await fleet.putJob({ name: "chain", ...chain(fleet, 2) });
    const kept = link.keepRequest(commandOn("update", "job_runs"));
    const run = await fleet.runJob("chain");
    await kept.caught;
    const caughtAt = performance.now();
    // What the driver repeats by itself the server knows to be the same write. Only when none of that arrives does the
    // agent write once more of its own accord, and is the late copy one more write.
    const resets = link.resetRequests(commandOn("update", "job_runs"));
    await eventually("repetitions of the driver and of the agent", GIVEN_UP_MS_MAX, () =>
      resets.count >= 4 ? true : undefined,
    );
    resets.end();
    const two = await fleet.target.arrived("/two", 1, GIVEN_UP_MS_MAX);
    report(context, { repeated_after_ms: Math.round(two.monotonicAt - caughtAt) });
    await kept.givenUp;
    const before = await stored(fleet, run);
    await kept.deliver();
    expect(await stored(fleet, run)).toEqual(before);
    gate.open();
    expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 0, claimed_by: leader.machineId });
    expect(["/one", "/two", "/three"].map((it) => sends(fleet, it))).toEqual([[1], [1], [1]]);
  });

  test("F35: the result of a step whose run another agent took over changes nothing, and sends stay within retries + 1", async (context) => {
    const { fleet, leader, other, link } = await openPair(context);
    await fleet.putJob({ name: "chain", ...chain(fleet, 1) });
    const gate = createGate();
    fleet.target.on("/two", () => gate.opened.then(() => ({})));
    const kept = link.keepRequest(commandOn("update", "job_runs"));
    const run = await fleet.runJob("chain");
    await kept.caught;
    leader.signal("SIGKILL");
    const killedAt = performance.now();
    const resumed = await fleet.target.arrived("/two", 1, 3 * HANDED_ON_MS_MAX);
    report(context, { takeover_ms: Math.round(resumed.monotonicAt - killedAt) });
    const before = await stored(fleet, run);
    await kept.deliver();
    expect(await stored(fleet, run)).toEqual(before);
    gate.open();
    expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 1, claimed_by: other.machineId });
    // Nobody knew that the first attempt of step one had been answered, so its second one was made.
    expect(["/one", "/two", "/three"].map((it) => sends(fleet, it))).toEqual([[1, 2], [1], [1]]);
    expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  });

  test("F36: a claim whose agent has lost its session is found and brought to its end, without one send too many", async (context) => {
    const { fleet, leader, other, links, link } = await openPair(context);
    await fleet.putJob({ name: "at most once", ...chain(fleet, 0) });
    const kept = link.keepRequest(commandOn("insert", "job_runs"));
    await fleet.send({ type: "run_job", target: "leader", args: { job: "at most once" } });
    await kept.caught;
    // Nothing of the leader gets through from here on, so the other ends its session.
    links.refuse();
    const { machineId } = leader;
    await other.untilLogged("leader_changed", (it) => it["serial"] !== 1, 3 * TAKEOVER_MS_MAX);
    const deliveredAt = performance.now();
    await kept.deliver();
    const [run] = await fleet.db.collection<RunRow>("job_runs").find({}).toArray();
    expect(run).toMatchObject({ status: "running", claimed_by: machineId });
    const ended = await fleet.ended(run?._id ?? "", 3 * HANDED_ON_MS_MAX);
    report(context, { ended_after_ms: Math.round(performance.now() - deliveredAt) });
    // Its first attempt may have been made, for all that is stored: it has no other.
    expect(ended).toMatchObject({ status: "unknown", takeovers: 1 });
    links.pass();
    await leader.untilLogged("session_over");
    expect(fleet.target.arrivals).toEqual([]);
  });

  test("F36: a claim that its living agent had repeated stays one run, sent once", async (context) => {
    const { fleet, leader, link } = await openPair(context);
    await fleet.putJob({ name: "chain", ...chain(fleet, 0) });
    const kept = link.keepRequest(commandOn("insert", "job_runs"));
    await fleet.send({ type: "run_job", target: "leader", args: { job: "chain" } });
    await kept.givenUp;
    await fleet.target.arrived("/three", 1, GIVEN_UP_MS_MAX);
    await kept.deliver();
    const runs = await fleet.db.collection<RunRow>("job_runs").find({}).toArray();
    expect(runs.map((it) => it.claimed_by)).toEqual([leader.machineId]);
    expect(await fleet.ended(runs[0]?._id ?? "")).toMatchObject({ status: "ok", takeovers: 0 });
    expect(["/one", "/two", "/three"].map((it) => sends(fleet, it))).toEqual([[1], [1], [1]]);
  });
});

describe.concurrent("when MongoDB is away over a minute", () => {
  test("F20: nothing is sent meanwhile, each due run is made once afterwards, and no session is lost", async (context) => {
    // The fleet goes by the server's clock, so a server that is ahead spares the wait for the next minute.
    const aheadMs = (STARTS_AT_MS - (Date.now() % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
    const env = needFakeTime(context).shifted(aheadMs);
    const { minutes, recoveryMs } = await liveThroughOutage(context, { awayMs: AWAY_MS, server: { env, aheadMs } });
    expect(minutes).toBe(1);
    expect(recoveryMs).toBeLessThan(RECOVERY_MS_MAX);
  });
});
