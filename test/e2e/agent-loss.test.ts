import { describe, expect, test, type TestContext } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { eventually } from "../support/eventually.ts";
import { type Arrival, arrivedTwice, createGate, noAnswer, type Target } from "../support/target.ts";
import { type Fleet, HANDED_ON_MS_MAX, heldSerials, LONGER_THAN_TTL_MS, openFleet, TAKEOVER_MS_MAX } from "./fleet.ts";

/** A run goes on this soon after a clean stop. */
const AFTER_STOP_MS_MAX = 2_000;
/** The rest of a chain of fast answers. */
const REST_MS_MAX = 2_000;

/** Waits between attempts; longer than it takes to start every run, shorter than an agent is stopped. */
const RETRY_DELAY_MS = 4_000;

interface Retry {
  readonly retries: number;
  readonly delay_sec?: number;
}

/** A step that tells who sends it. */
function step(target: Target, name: string, retry: Retry): Readonly<Record<string, unknown>> {
  const headers = { "x-machine": "{{machine.id}}" };
  const url = `${target.url}/${name}`;
  return { type: "http", name, method: "POST", url, headers, retry: { delay_sec: 1, backoff: 1, ...retry } };
}

function threeSteps(target: Target, retry: Retry): readonly Readonly<Record<string, unknown>>[] {
  return ["one", "two", "three"].map((name) => step(target, name, retry));
}

/** A job that runs when a command says so. */
function quiet(name: string): { readonly name: string; readonly schedule: string } {
  return { name, schedule: "0 0 1 1 *" };
}

async function untilLongerThanTtl(since: number): Promise<void> {
  await eventually("time longer than a lease", 2 * LONGER_THAN_TTL_MS, () =>
    Date.now() - since > LONGER_THAN_TTL_MS ? true : undefined,
  );
}

async function leaderAndOthers(
  context: TestContext,
  count: number,
): Promise<{ readonly fleet: Fleet; readonly leader: AgentProcess; readonly others: readonly AgentProcess[] }> {
  const fleet = await openFleet(context);
  const agents = await fleet.startAgents(count);
  const leader = await fleet.leaderOf(agents);
  return { fleet, leader, others: agents.filter((it) => it !== leader) };
}

const machineOf = (arrival: Arrival) => arrival.headers["x-machine"];

describe.concurrent("when the leader dies in step 2 of 3", () => {
  test("F4: another agent goes on in time with the next attempt of step 2, and step 1 is not sent again", async (context) => {
    const { fleet, leader, others } = await leaderAndOthers(context, 3);
    const { target } = fleet;
    target.on("/two", (_arrival, nth) => (nth === 1 ? noAnswer() : {}));
    await fleet.putJob({ ...quiet("chain"), actions: threeSteps(target, { retries: 2 }) });
    const run = await fleet.runJob("chain");
    await target.arrived("/two");
    leader.signal("SIGKILL");
    const killedAt = performance.now();

    const resumed = await target.arrived("/two", 2);
    const isHandedOn = machineOf(resumed) !== (await fleet.leaderOf(others)).machineId;
    expect(resumed.monotonicAt - killedAt).toBeLessThan(isHandedOn ? HANDED_ON_MS_MAX : TAKEOVER_MS_MAX);
    const ended = await fleet.ended(run, REST_MS_MAX);
    expect(ended).toMatchObject({ status: "ok", takeovers: 1, claimed_by: machineOf(resumed) });
    expect(target.at("/one").length).toBe(1);
    expect(target.at("/two").map((it) => it.attempt)).toEqual([1, 2]);
    expect(target.at("/three").length).toBe(1);
    expect(resumed.fence).toBeGreaterThan(target.at("/one")[0]?.fence ?? 0);
    expect(new Set(target.at("/two").map((it) => it.headers["idempotency-key"])).size).toBe(1);
    expect(new Set([...target.at("/one"), ...target.at("/two").slice(0, 1)].map(machineOf))).toEqual(
      new Set([leader.machineId]),
    );
  });

  test("F4: a step without retries ends as unknown in time, sent once, and nothing after it is sent", async (context) => {
    const { fleet, leader } = await leaderAndOthers(context, 2);
    const { target } = fleet;
    target.on("/two", noAnswer);
    await fleet.putJob({ ...quiet("chain"), actions: threeSteps(target, { retries: 0 }) });
    const run = await fleet.runJob("chain");
    await target.arrived("/two");
    leader.signal("SIGKILL");
    const ended = await fleet.ended(run, HANDED_ON_MS_MAX);
    expect(ended).toMatchObject({ status: "unknown", takeovers: 1 });
    expect(ended.reason).toContain("two");
    expect(ended.steps?.map((it) => it.status)).toEqual(["ok", "unknown"]);
    expect([target.at("/one").length, target.at("/two").length, target.at("/three").length]).toEqual([1, 1, 0]);
  });
});

describe.concurrent("when an agent is stopped for longer than its lease and goes on", () => {
  /** Runs in all states that a wake-up could make something of: waiting for an answer, and for the next attempt. */
  async function startRuns(fleet: Fleet): Promise<readonly string[]> {
    const { target } = fleet;
    const runs: string[] = [];
    const retry = { retries: 3, delay_sec: RETRY_DELAY_MS / 1_000 };
    for (const state of ["answer", "retry"]) {
      await fleet.putJob({ ...quiet(state), actions: [step(target, state, retry), step(target, "two", retry)] });
      for (let count = 0; count < 3; count++) runs.push(await fleet.runJob(state));
    }
    return runs;
  }

  test("F5: a leader whose runs others took over sends and changes nothing before it has joined again, and nothing arrives twice", async (context) => {
    const { fleet, leader, others } = await leaderAndOthers(context, 3);
    const { target } = fleet;
    const [answer, rest] = [createGate(), createGate()];
    target.on("/answer", (_arrival, nth) => (nth <= 3 ? answer.opened.then(() => ({})) : {}));
    target.on("/retry", (_arrival, nth) => (nth <= 3 ? { status: 503 } : {}));
    target.on("/two", () => rest.opened.then(() => ({})));
    const runs = await startRuns(fleet);
    for (const run of runs.slice(3)) await fleet.untilRun(run, (it) => it.steps?.[0]?.status === "waiting");

    leader.signal("SIGSTOP");
    const stoppedAt = Date.now();
    // The answers come while it can't hear them.
    answer.open();
    await target.arrived("/two", runs.length, HANDED_ON_MS_MAX + RETRY_DELAY_MS + REST_MS_MAX);
    await untilLongerThanTtl(stoppedAt);
    leader.signal("SIGCONT");
    await leader.untilLogged("session_over");
    const rejoined = await leader.untilLogged("machine_joined", (it) => Date.parse(it.time) > stoppedAt);
    rest.open();
    for (const [index, run] of runs.entries()) {
      const ended = await fleet.ended(run);
      // Those that waited for their next attempt have no part in what became of their agent.
      const takeovers = index < 3 ? 1 : 0;
      expect(ended).toMatchObject({ status: "ok", takeovers, steps: [{ attempts: 2 }, { attempts: 1 }] });
      expect(others.map((it) => it.machineId)).toContain(ended.claimed_by);
    }

    await fleet.putJob({
      ...quiet("afterwards"),
      run_on: "all",
      actions: [step(target, "afterwards", { retries: 0 })],
    });
    const command = await fleet.send({ type: "run_job", target: leader.machineId, args: { job: "afterwards" } });
    expect(await fleet.acks(command, 1)).toMatchObject([{ status: "ok", machine_id: leader.machineId }]);
    await target.arrived("/afterwards");
    const late = target.arrivals.filter((it) => it.at > stoppedAt && machineOf(it) === leader.machineId);
    expect(late.map((it) => it.path)).toEqual(["/afterwards"]);
    expect(late[0]?.at).toBeGreaterThanOrEqual(Date.parse(rejoined.time));
    expect(target.at("/two").length).toBe(runs.length);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
  });

  test("F5: one that nobody watched keeps its session, and sends nothing before a renewal was acknowledged", async (context) => {
    const fleet = await openFleet(context);
    const [alone] = await fleet.startAgents(1);
    if (alone === undefined) throw new Error("no agent");
    await fleet.leaderOf([alone]);
    const { target } = fleet;
    const answer = createGate();
    target.on("/answer", () => answer.opened.then(() => ({})));
    target.on("/retry", (_arrival, nth) => (nth <= 3 ? { status: 503 } : {}));
    const runs = await startRuns(fleet);
    for (const run of runs.slice(3)) await fleet.untilRun(run, (it) => it.steps?.[0]?.status === "waiting");
    const isTaken = { session: { $type: "string" } } as const;
    const before = await fleet.db.collection("serials").findOne(isTaken);

    alone.signal("SIGSTOP");
    const stoppedAt = Date.now();
    answer.open();
    await untilLongerThanTtl(stoppedAt);
    const renewals = await fleet.holdDocument("serials", isTaken);
    alone.signal("SIGCONT");
    await alone.untilLogged("fenced");
    // The next attempt of every run is stored, and only a renewal is missing.
    for (const run of runs) await fleet.untilRun(run, (it) => it.steps?.at(-1)?.status === "sending");
    await renewals.letGo();
    const trusted = await alone.untilLogged("unfenced");

    for (const run of runs) expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 0 });
    const late = target.arrivals.filter((it) => it.at > stoppedAt);
    expect(late.length).toBe(runs.length + 3);
    expect(late.filter((it) => it.at < Date.parse(trusted.time))).toEqual([]);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
    expect(await fleet.db.collection("serials").findOne(isTaken)).toMatchObject({
      session: before?.["session"],
      token: before?.["token"],
    });
  });
});

describe.concurrent("when the leader is asked to stop in a step", () => {
  test("F33: the step finishes, its serial is freed, it exits with 0, and another goes on at once", async (context) => {
    const { fleet, leader, others } = await leaderAndOthers(context, 2);
    const { target } = fleet;
    const gate = createGate();
    target.on("/one", () => gate.opened.then(() => ({ body: '{"one":"done"}' })));
    await fleet.putJob({ ...quiet("chain"), actions: threeSteps(target, { retries: 2 }) });
    const run = await fleet.runJob("chain");
    await target.arrived("/one");
    leader.signal("SIGTERM");
    await leader.untilLogged("stopping");
    gate.open();
    expect(await leader.ended).toMatchObject({ exitCode: 0 });
    const endedAt = performance.now();
    expect([...(await heldSerials(fleet.db)).keys()]).toEqual(others.map((it) => it.machineId));

    const next = await target.arrived("/two");
    expect(next.monotonicAt - endedAt).toBeLessThan(AFTER_STOP_MS_MAX);
    expect(machineOf(next)).toBe(others[0]?.machineId);
    const ended = await fleet.ended(run, REST_MS_MAX);
    expect(ended).toMatchObject({ status: "ok", claimed_by: others[0]?.machineId });
    expect(ended.steps?.[0]).toMatchObject({ status: "ok", attempts: 1, response_sample: '{"one":"done"}' });
    for (const path of ["/one", "/two", "/three"]) expect(target.at(path).length).toBe(1);
    expect((await fleet.leaderOf(others)).machineId).toBe(others[0]?.machineId);
  });
});
