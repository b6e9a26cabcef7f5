import { beforeEach, describe, expect, test } from "vitest";
import { DAY_MS } from "../../src/model/time.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

const THREE_STEPS = {
  schedule: "1 * * * *",
  actions: ["first", "second", "third"].map((name) => ({ type: "http", name, url: `http://target.test/${name}` })),
};

/** ttl + 2 scans + 1 s; one scan more when the run is handed to another machine than the new leader's. */
const HANDED_ON_MS_MAX = 17_000 + 2_000;

let world: World;
let brokenRules: readonly string[];

beforeEach(() => {
  world = createWorld();
  brokenRules = watchSends(world);
});

const sent = () => world.target.arrivals.map((it) => `${it.path} ${it.attempt} by ${it.machine}`);
const isOver = (job: string) => !["running", "waiting"].includes(world.runAt(job, "10:01").status);
const endOf = (job: string) => world.runAt(job, "10:01").end;

describe("a run whose agent dies", () => {
  test.each([0, 500, 1_000, 1_500, 2_000, 2_500])(
    "%i ms into its second step goes on elsewhere within 19 s, and the first step is not repeated",
    async (ms) => {
      const [a] = await world.startFleet("a", "b", "c");
      world.putJob("job", THREE_STEPS);
      world.target.on("/second", (_, nth) => (nth === 1 ? "hangs" : {}));
      await world.passUntil("the second step", 60_000, () => sent().length === 2);
      await world.pass(ms);
      a?.crash();
      await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
      const { status, takeovers, claimedBy } = world.runAt("job", "10:01");
      expect({ status, takeovers }).toEqual({ status: "ok", takeovers: 1 });
      expect(sent()).toEqual([
        "/first 1 by a",
        "/second 1 by a",
        `/second 2 by ${claimedBy}`,
        `/third 1 by ${claimedBy}`,
      ]);
      expect(brokenRules).toEqual([]);
    },
  );

  test("goes on within 2 s after a clean stop that could not wait for its step", async () => {
    world = createWorld({ runs: { stopGraceMs: 1_000 } });
    brokenRules = watchSends(world);
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", THREE_STEPS);
    world.target.on("/second", (_, nth) => (nth === 1 ? "hangs" : {}));
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.requestStop();
    await world.passUntil("a to stop", 2_000, () => a?.agent === "stopped");
    await world.passUntil("the run to end", 2_000, () => isOver("job"));
    expect(sent().slice(2)).toEqual(["/second 2 by b", "/third 1 by b"]);
  });

  test("is sent no more often than retries + 1, whoever sends", async () => {
    const machines = await world.startFleet("a", "b", "c", "d");
    world.putJob("job", { ...THREE_STEPS, retry: { retries: 2, delay_sec: 1 } });
    world.target.on("/second", () => "hangs");
    for (let deaths = 1; deaths <= 2; deaths++) {
      await world.passUntil("another attempt", 60_000, () => world.target.at("/second").length === deaths);
      machines.find((it) => it.name === world.target.arrivals.at(-1)?.machine)?.crash();
    }
    await world.passUntil("the run to end", 60_000, () => isOver("job"));
    expect(world.target.at("/second").map((it) => it.attempt)).toEqual([1, 2, 3]);
    expect(endOf("job")).toMatchObject({ status: "error", reason: expect.stringContaining("after 3 attempts") });
    expect(brokenRules).toEqual([]);
  });

  test("with no retries ends unknown, without a second send", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...THREE_STEPS, retry: { retries: 0 } });
    world.target.on("/second", () => "hangs");
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.crash();
    await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
    expect(world.target.at("/second")).toHaveLength(1);
    expect(endOf("job")).toMatchObject({
      status: "unknown",
      reason: 'step 2 "second": its agent was lost before an answer came, and no attempt is left',
    });
  });

  test("that is ended in its place is kept as long as the config says of failed ones", async () => {
    world = createWorld({ runs: { keepFailedMs: 365 * DAY_MS } });
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...THREE_STEPS, on_agent_loss: "fail" });
    world.target.on("/second", () => "hangs");
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.crash();
    await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
    expect(world.runAt("job", "10:01").keepMs).toBe(365 * DAY_MS);
  });

  test('ends interrupted when on_agent_loss is "fail"', async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...THREE_STEPS, on_agent_loss: "fail" });
    world.target.on("/second", () => "hangs");
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.crash();
    await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
    expect(endOf("job")).toMatchObject({
      status: "interrupted",
      reason: 'its agent stopped or died; on_agent_loss is "fail"',
    });
    expect(sent()).toHaveLength(2);
  });

  test('that has not begun goes on elsewhere although on_agent_loss is "fail"', async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...THREE_STEPS, on_agent_loss: "fail", jitter_sec: 3_600 });
    await world.passTo("10:01:05");
    expect(world.storyOf("job")).toEqual(["10:01 waiting"]);
    a?.crash();
    await world.passUntil("b to hold it", HANDED_ON_MS_MAX, () => world.runAt("job", "10:01").claimedBy === "b");
    const { dueAt } = world.runAt("job", "10:01");
    await world.pass(dueAt - world.now() + 1_000);
    expect(world.runAt("job", "10:01").status).toBe("ok");
  });

  test("keeps to the pause before its next attempt", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...THREE_STEPS, retry: { retries: 1, delay_sec: 60 } });
    world.target.on("/second", (_, nth) => ({ status: nth === 1 ? 503 : 200 }));
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    await world.pass(1_000);
    a?.crash();
    const nextAttemptAt = world.runAt("job", "10:01").steps[1]?.nextAttemptAt ?? Number.NaN;
    await world.passUntil("the run to end", 70_000, () => isOver("job"));
    const [, again] = world.target.at("/second");
    expect(again?.machine).toBe("b");
    expect((again?.at ?? 0) - nextAttemptAt).toBeGreaterThanOrEqual(0);
    expect((again?.at ?? 0) - nextAttemptAt).toBeLessThan(1_000);
  });

  test("is given up as unknown after its fifth takeover", async () => {
    const machines = new Map(Array.from({ length: 9 }, (_, index) => [`m${index}`, world.machine(`m${index}`)]));
    for (const it of machines.values()) it.start();
    world.putJob("job", { ...THREE_STEPS, retry: { retries: 50 }, timeout_sec: 300 });
    world.target.on("/second", () => "hangs");
    for (let deaths = 1; deaths <= 6; deaths++) {
      await world.passUntil(`attempt ${deaths}`, 60_000, () => world.target.at("/second").length === deaths);
      machines.get(world.target.arrivals.at(-1)?.machine ?? "")?.crash();
    }
    await world.passUntil("the run to end", 40_000, () => isOver("job"));
    expect(world.runAt("job", "10:01").takeovers).toBe(5);
    expect(endOf("job")).toMatchObject({ status: "unknown", reason: "it lost its agent 6 times; given up" });
    expect(world.target.at("/second")).toHaveLength(6);
    expect(brokenRules).toEqual([]);
  });

  test("whose cancelling was asked for ends cancelled at its new agent", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", THREE_STEPS);
    world.target.on("/second", () => "hangs");
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.crash();
    const { id } = world.runAt("job", "10:01");
    await world.pass(1_000);
    world.putCommand("cancel", { type: "cancel_run", target: "all", args: { run: id } });
    await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
    expect(endOf("job")).toMatchObject({ status: "cancelled" });
    expect(sent()).toHaveLength(2);
  });

  test("is handed over although answers on the way are lost", async () => {
    const [a, b, c] = await world.startFleet("a", "b", "c");
    world.putJob("job", THREE_STEPS);
    world.target.on("/second", (_, nth) => (nth === 1 ? "hangs" : {}));
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    for (const it of [b, c])
      for (const operation of ["takeovers.reassign", "takeovers.adopt", "serials.reap", "runs.write"])
        it?.network.fate(operation, "reply lost", 1);
    a?.crash();
    await world.passUntil("the run to end", HANDED_ON_MS_MAX + 10_000, () => isOver("job"));
    expect(world.runAt("job", "10:01").status).toBe("ok");
    expect(world.target.at("/first")).toHaveLength(1);
    expect(brokenRules).toEqual([]);
  });
});

describe("a run that belongs to one machine", () => {
  const OWN = { ...THREE_STEPS, run_on: "all", catch_up_window_sec: 120 };
  const runOfB = () => world.state.runs.get("job|2026-03-02T10:01Z|b");

  async function dieInSecondStep() {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", OWN);
    world.target.on("/second", ({ machine }, nth) => (machine === "b" && nth <= 2 ? "hangs" : {}));
    await world.passUntil("b's second step", 60_000, () => sent().includes("/second 1 by b"));
    b?.crash();
    return b;
  }

  test("waits for that machine and goes on there", async () => {
    const b = await dieInSecondStep();
    await world.pass(60_000);
    expect(runOfB()?.status).toBe("running");
    b?.start();
    await world.passUntil("the run to end", 20_000, () => runOfB()?.status === "ok");
    expect(sent().filter((it) => it.endsWith("by b"))).toEqual([
      "/first 1 by b",
      "/second 1 by b",
      "/second 2 by b",
      "/third 1 by b",
    ]);
    expect(brokenRules).toEqual([]);
  });

  test('ends interrupted at once when on_agent_loss is "fail"', async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { ...OWN, on_agent_loss: "fail" });
    world.target.on("/second", ({ machine }) => (machine === "b" ? "hangs" : {}));
    await world.passUntil("b's second step", 60_000, () => sent().includes("/second 1 by b"));
    b?.crash();
    await world.passUntil("the run to end", 17_000, () => runOfB()?.status !== "running");
    expect(runOfB()).toMatchObject({
      status: "interrupted",
      end: { reason: expect.stringContaining("on_agent_loss") },
    });
  });

  test("ends interrupted when the machine does not come back within the catch-up window from when it was missed", async () => {
    await dieInSecondStep();
    const diedAt = world.now();
    // Missed after a lease at the latest, looked at every 10 s.
    await world.pass(120_000);
    expect(runOfB()?.status).toBe("running");
    await world.passUntil("its end", 17_000 + 10_000, () => runOfB()?.status !== "running");
    expect(world.now() - diedAt).toBeGreaterThan(120_000);
    expect(runOfB()).toMatchObject({
      status: "interrupted",
      end: { reason: expect.stringContaining("its machine did not come back") },
    });
  });
});

describe("a session that was ended while its process went on", () => {
  test("lets go of the slots of its runs, whose requests are broken off", async () => {
    world = createWorld({ runs: { maxConcurrent: 1 } });
    const [a] = await world.startFleet("a", "b");
    world.putJob("hangs", { schedule: "1 * * * *", timeout_sec: 600 });
    world.putJob("job", { schedule: "3 * * * *" });
    world.target.on("/hangs", ({ machine }) => (machine === "a" ? "hangs" : {}));
    await world.passTo("10:01:05");
    a?.pause();
    await world.passTo("10:01:45");
    a?.resume();
    await world.passUntil("a to lead again", 20_000, () => world.leader() === "a");
    await world.passTo("10:03:05");
    expect(world.runAt("job", "10:03")).toMatchObject({ status: "ok", claimedBy: "a" });
  });

  test("forgets its runs: what it learns afterwards is written nowhere", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", THREE_STEPS);
    world.target.on("/second", (_, nth) => ({ afterMs: nth === 1 ? 9_500 : 0, body: `answer ${nth}` }));
    await world.passUntil("the second step", 60_000, () => sent().length === 2);
    a?.pause();
    await world.passUntil("the run to end", HANDED_ON_MS_MAX, () => isOver("job"));
    const before = world.runAt("job", "10:01");
    a?.resume();
    await world.pass(20_000);
    expect(world.runAt("job", "10:01")).toEqual(before);
    expect(before.steps[1]?.responseSample).toBe("answer 2");
    expect(world.serialOf("a")).toBe(1);
    expect(brokenRules).toEqual([]);
  });
});

test("a run of a machine that joins while the leader looks for the dead stays with it", async () => {
  const [a] = await world.startFleet("a");
  if (a === undefined) throw new Error("unreachable: a machine was started");
  world.putJob("job", { schedule: "0 0 1 1 *", timeout_sec: 50 });
  world.target.on("/job", () => ({ afterMs: 40_000 }));
  a.network.patienceMs = 10_000;
  await world.passTo("10:00:56");
  // The question who holds live runs arrives when the machine that joined meanwhile has one.
  a.network.latencyMs = (operation) =>
    operation === "takeovers.sessionsWithLiveRuns" ? Math.max(0, world.timeOf("10:01:02") - world.now()) : 0;
  await world.passTo("10:00:59");
  world.machine("b").start();
  await world.passTo("10:01:00");
  world.putCommand("now", { type: "run_job", target: "b", args: { job: "job" } });
  await world.passTo("10:01:58");
  expect(world.recordsOf("job")).toMatchObject([{ claimedBy: "b", status: "ok", token: 1, takeovers: 0 }]);
  expect(sent()).toEqual(["/job 1 by b"]);
});
