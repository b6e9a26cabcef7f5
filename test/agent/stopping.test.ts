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
