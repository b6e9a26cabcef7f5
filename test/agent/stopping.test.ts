import { beforeEach, describe, expect, test } from "vitest";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];

function begin(options: Parameters<typeof createWorld>[0] = {}): void {
  world = createWorld(options);
  brokenRules = watchSends(world);
}

beforeEach(() => begin());

const TWO_STEPS = {
  schedule: "1 * * * *",
  timeout_sec: 60,
  actions: ["first", "second"].map((name) => ({ type: "http", name, url: `http://target.test/${name}` })),
};
const sent = () => world.target.arrivals.map((it) => `${it.path} ${it.attempt} by ${it.machine}`);

describe("an agent that is asked to stop", () => {
  test("ends, frees its serial at once, and says so", async () => {
    const [a] = await world.startFleet("a", "b");
    a?.requestStop();
    await world.pass(100);
    expect(a?.agent).toBe("stopped");
    expect(world.serialOf("a")).toBeUndefined();
    expect(world.state.machines.get("a")?.state).toBe("stopped");
    expect(world.state.events.map((it) => it.type)).toContain("machine_left");
  });

  test("lets the step under way finish within the grace, stores its result, and leaves the next to another", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    world.putJob("short", { schedule: "1 * * * *" });
    world.target.on("/first", () => ({ afterMs: 6_000, body: "done" }));
    world.target.on("/short", () => ({ afterMs: 2_000 }));
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passTo("10:01:05.900");
    expect(a?.agent).toBe("running");
    expect(world.serialOf("a")).toBe(1);
    await world.passTo("10:01:06.500");
    expect(a?.agent).toBe("stopped");
    expect(world.runAt("job", "10:01").steps[0]).toMatchObject({ status: "ok", responseSample: "done" });
    await world.passUntil("the run to end", 4_000, () => world.runAt("job", "10:01").status === "ok");
    expect(sent()).toEqual(["/first 1 by a", "/short 1 by a", "/second 1 by b"]);
    expect(brokenRules).toEqual([]);
  });

  test("waits for the writes under way, so that no finished step is repeated", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 9_500 }));
    await world.passTo("10:01:00.500");
    a?.requestStop();
    if (a !== undefined) a.network.latencyMs = (operation) => (operation === "runs.write" ? 3_000 : 0);
    await world.passUntil("the run to end", 20_000, () => world.runAt("job", "10:01").status === "ok");
    expect(sent()).toEqual(["/first 1 by a", "/second 1 by b"]);
  });

  test("takes over nothing, though it leads until it is gone", async () => {
    begin({ runs: { stopGraceMs: 30_000 } });
    const [a, b] = await world.startFleet("a", "b", "c");
    world.putJob("long", { schedule: "1 * * * *", timeout_sec: 60 });
    world.target.on("/long", () => ({ afterMs: 29_000 }));
    const jobs = ["p", "q", "r", "s", "t", "u"];
    for (const job of jobs) {
      world.putJob(job, { schedule: "0 0 1 1 *", timeout_sec: 300 });
      world.target.on(`/${job}`, (_, nth) => (nth === 1 ? "hangs" : {}));
      world.putCommand(job, { type: "run_job", target: "b", args: { job } });
    }
    await world.passTo("10:01:05");
    a?.requestStop();
    b?.crash();
    await world.passTo("10:01:50");
    const runs = jobs.flatMap((job) => world.recordsOf(job));
    expect(runs.map((it) => it.status)).toEqual(jobs.map(() => "ok"));
    for (const it of runs) expect(it).toMatchObject({ claimedBy: "c", takeovers: 1 });
  });

  test("hands on the runs of those that die while it waits for its steps, however long the grace is", async () => {
    begin({ runs: { stopGraceMs: 60_000 } });
    const [a, b] = await world.startFleet("a", "b", "c");
    world.putJob("long", { schedule: "1 * * * *", timeout_sec: 60 });
    world.target.on("/long", () => ({ afterMs: 55_000 }));
    world.putJob("job", { schedule: "1 * * * *", where: { hostnames: ["b.*", "c.*"] }, timeout_sec: 60 });
    world.target.on("/job", ({ machine }) => (machine === "b" ? "hangs" : {}));
    await world.passTo("10:01:05");
    expect(world.runAt("job", "10:01").claimedBy).toBe("b");
    a?.requestStop();
    b?.crash();
    await world.pass(19_000);
    expect(world.leader()).toBe("a");
    expect(world.runAt("job", "10:01")).toMatchObject({ claimedBy: "c", status: "ok" });
  });

  test("renews its session while it waits for its steps, however long the grace is", async () => {
    begin({ runs: { stopGraceMs: 60_000 } });
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 50_000 }));
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passTo("10:02:30");
    expect(sent()).toEqual(["/first 1 by a", "/second 1 by b"]);
    expect(world.state.events.filter((it) => it.type === "session_reaped")).toEqual([]);
    expect(world.runAt("job", "10:01").status).toBe("ok");
  });

  test("leaves a step that outlasts the grace in doubt: its attempt is counted", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...TWO_STEPS, retry: { retries: 0 } });
    world.target.on("/first", () => "hangs");
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passUntil("a to stop", 11_000, () => a?.agent === "stopped");
    await world.passUntil("the run to end", 4_000, () => world.runAt("job", "10:01").status === "unknown");
    expect(sent()).toEqual(["/first 1 by a"]);
  });

  test("claims nothing more: the next minute is another's, also when the stop comes in the middle of a round", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:00:59");
    if (a === undefined) throw new Error("unreachable: two machines were started");
    a.network.latencyMs = (operation) => (operation === "serials.release" ? 2_000 : 300);
    await world.passTo("10:01:00.400");
    a.requestStop();
    await world.passTo("10:01:30");
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", claimedBy: "b", takeovers: 0 });
    expect(sent()).toEqual(["/job 1 by b"]);
  });

  test("hands runs that wait for a slot to others, which start them in the order of their times", async () => {
    begin({ runs: { maxConcurrent: 1 } });
    const [a] = await world.startFleet("a", "b");
    world.target.on("/job", () => ({ afterMs: 15_000 }));
    world.putJob("job", { overlap: "allow", timeout_sec: 60 });
    for (const name of ["x", "y", "z"])
      world.putJob(name, { schedule: "1 * * * *", url: "http://target.test/other", retry: { retries: 0 } });
    await world.passTo("10:01:01");
    expect(world.storyOf("x")).toEqual(["10:01 waiting"]);
    a?.requestStop();
    await world.passTo("10:01:45");
    expect(["x", "y", "z"].map((it) => world.runAt(it, "10:01").status)).toEqual(["ok", "ok", "ok"]);
    expect(world.target.at("/other").map((it) => `${it.machine} ${it.attempt}`)).toEqual(["b 1", "b 1", "b 1"]);
    expect(brokenRules).toEqual([]);
  });

  test("stops in time though MongoDB is away; its serial is reaped", async () => {
    const [a] = await world.startFleet("a", "b");
    a?.network.cut();
    a?.requestStop();
    await world.passUntil("a to stop", 6_000, () => a?.agent === "stopped");
    expect(world.serialOf("a")).toBe(1);
    await world.passUntil("b to lead", 17_000, () => world.leader() === "b");
  });

  test("may be asked twice, also before it has joined", async () => {
    const a = world.machine("a");
    a.start();
    a.requestStop();
    a.requestStop();
    await world.pass(6_000);
    expect(a.agent).toBe("stopped");
    expect(world.serialOf("a")).toBeUndefined();
  });
});

describe("the runs of an agent that stops", () => {
  const FOUR_STEPS = {
    schedule: "1 * * * *",
    actions: ["1", "2", "3", "4"].map((name) => ({ type: "http", name, url: `http://target.test/${name}` })),
  };
  const isOver = (job: string) => !["running", "waiting"].includes(world.runAt(job, "10:01").status);

  test.each(["a", "b", "c"])("go on elsewhere within 2 s of its end; %s stops", async (name) => {
    begin({ runs: { maxConcurrent: 3 } });
    const machines = await world.startFleet("a", "b", "c");
    world.target.on("/1", () => ({ afterMs: 4_000 }));
    const jobs = Array.from({ length: 12 }, (_, index) => `job-${index}`);
    for (const it of jobs) {
      world.putJob(it, { ...FOUR_STEPS, schedule: "0 0 1 1 *" });
      world.putCommand(it, { type: "run_job", target: name, args: { job: it } });
    }
    const runOf = (job: string) => world.recordsOf(job)[0];
    await world.passUntil("all to be claimed", 15_000, () => jobs.every((it) => runOf(it) !== undefined));
    await world.pass(200);
    expect(new Set(jobs.map((it) => runOf(it)?.status))).toEqual(new Set(["running", "waiting"]));
    const stopping = machines.find((it) => it.name === name);
    stopping?.requestStop();
    await world.passUntil("it to stop", 6_000, () => stopping?.agent === "stopped");
    await world.pass(2_000);
    const alive = new Set([...world.state.serials.values()].map((it) => it.session));
    for (const it of jobs) {
      const run = runOf(it);
      if (run === undefined || !("session" in run)) throw new Error(`no run of ${it}`);
      // Whoever got it has begun with it, or waits for a slot of its own.
      expect(run.handedBack).toBe(false);
      expect(alive.has(run.session)).toBe(true);
    }
    await world.pass(60_000);
    for (const it of jobs) expect(runOf(it)).toMatchObject({ status: "ok", takeovers: 0 });
    expect(world.target.arrivals).toHaveLength(48);
    expect(brokenRules).toEqual([]);
  });

  test("may lose any number of agents to clean stops without being given up", async () => {
    const machines = await world.startFleet("a", "b");
    world.putJob("job", { ...FOUR_STEPS, retry: { retries: 60, delay_sec: 1, backoff: 1 } });
    world.target.on("/2", (_, nth) => ({ status: nth < 60 ? 503 : 200 }));
    await world.passTo("10:01:02");
    for (let stops = 0; stops < 10; stops++) {
      const { claimedBy } = world.runAt("job", "10:01");
      const holder = machines.find((it) => it.name === claimedBy);
      holder?.requestStop();
      await world.passUntil("it to stop", 2_000, () => holder?.agent === "stopped");
      await world.passUntil("another to hold it", 2_500, () => world.runAt("job", "10:01").claimedBy !== claimedBy);
      holder?.start();
      await world.pass(3_000);
    }
    await world.passUntil("the run to end", 120_000, () => isOver("job"));
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0 });
    expect(world.target.at("/2").map((it) => it.attempt)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(brokenRules).toEqual([]);
  });

  test('go on although on_agent_loss is "fail" when they stand between two steps', async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...FOUR_STEPS, on_agent_loss: "fail" });
    world.target.on("/2", () => ({ afterMs: 3_000 }));
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passUntil("the run to end", 6_000, () => isOver("job"));
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0 });
    expect(sent()).toEqual(["/1 1 by a", "/2 1 by a", "/3 1 by b", "/4 1 by b"]);
  });

  test('end interrupted when on_agent_loss is "fail" and a step is in doubt', async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...FOUR_STEPS, on_agent_loss: "fail", timeout_sec: 60 });
    world.target.on("/2", () => "hangs");
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passUntil("the run to end", 15_000, () => isOver("job"));
    expect(world.runAt("job", "10:01").end).toMatchObject({ status: "interrupted" });
    expect(world.target.at("/2")).toHaveLength(1);
  });

  test("count no takeover when whoever got them dies before it has begun with them", async () => {
    const [a, b] = await world.startFleet("a", "b");
    world.putJob("job", { ...FOUR_STEPS, on_agent_loss: "fail", jitter_sec: 3_600 });
    await world.passTo("10:01:01");
    b?.network.fate("takeovers.adopt", "request lost");
    a?.requestStop();
    await world.passUntil("a to stop", 1_000, () => a?.agent === "stopped");
    expect(world.runAt("job", "10:01")).toMatchObject({ claimedBy: "b", handedBack: true });
    b?.crash();
    a?.start();
    await world.passUntil("a to get it back", 25_000, () => world.runAt("job", "10:01").claimedBy === "a");
    await world.passUntil("a to begin with it", 3_000, () => !world.runAt("job", "10:01").handedBack);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "waiting", takeovers: 0 });
  });

  test("wait for their machine when they belong to one, and count no takeover", async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { ...FOUR_STEPS, run_on: "all", on_agent_loss: "fail" });
    world.target.on("/2", ({ machine }) => ({ afterMs: machine === "b" ? 3_000 : 0 }));
    await world.passTo("10:01:01");
    b?.requestStop();
    await world.passUntil("b to stop", 6_000, () => b?.agent === "stopped");
    await world.pass(20_000);
    b?.start();
    const runOfB = () => world.state.runs.get("job|2026-03-02T10:01Z|b");
    await world.passUntil("the run to end", 10_000, () => runOfB()?.status === "ok");
    expect(runOfB()).toMatchObject({ takeovers: 0 });
    expect(sent().filter((it) => it.endsWith("b"))).toEqual(["/1 1 by b", "/2 1 by b", "/3 1 by b", "/4 1 by b"]);
    expect(brokenRules).toEqual([]);
  });

  test("are left to the leader when nobody else lives, with the same mark", async () => {
    const [a] = await world.startFleet("a");
    world.putJob("job", { ...FOUR_STEPS, on_agent_loss: "fail" });
    world.target.on("/2", () => ({ afterMs: 3_000 }));
    await world.passTo("10:01:01");
    a?.requestStop();
    await world.passUntil("a to stop", 6_000, () => a?.agent === "stopped");
    a?.start();
    await world.passUntil("the run to end", 10_000, () => isOver("job"));
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0 });
  });
});
