import { beforeEach, describe, expect, test } from "vitest";
import { leaseTiming } from "../../src/model/member.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/model/time.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];

function begin(options: Parameters<typeof createWorld>[0] = {}): void {
  world = createWorld(options);
  brokenRules = watchSends(world);
}

beforeEach(() => begin());

const get = (path: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: "http",
  url: `http://target.test${path}`,
  ...fields,
});
const ONCE = { schedule: "1 10 * * *" };
/** What a run waits an hour for, in each way that there is; `/end` comes right after the wait. */
const WAITS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  "a sleep": [get("/begin"), { type: "sleep", seconds: 3_600 }, get("/end")],
  "a retry": [get("/end", { retry: { retries: 1, delay_sec: 3_600, jitter: 0 } })],
  "a poll": [
    get("/end", { until: { status: 200, every_sec: 3_600, timeout_sec: 7_200 }, expect: { status: ["2xx"] } }),
  ],
  "an item of a for_each": [
    { type: "for_each", in: ["x"], actions: [get("/begin"), { type: "sleep", seconds: 3_600 }, get("/end")] },
  ],
};
const run = () => world.runAt("job", "10:01");
const isOver = () => !["running", "waiting"].includes(run().status);
const wakesAt = () => run().steps.find((it) => it.status === "waiting")?.nextAttemptAt ?? Number.NaN;
const lastAt = () => world.target.at("/end").at(-1);

async function untilItWaits(): Promise<void> {
  await world.passTo("10:01:00.500");
  await world.passUntil("the run to wait", MINUTE_MS, () => Number.isFinite(wakesAt()));
  await world.pass(100);
}

/** Lets the run end, which it may not before that moment; how it did. */
async function endingAt(at: number): Promise<Readonly<Record<string, unknown>>> {
  await world.pass(at - world.now() - 1_000);
  const isEarly = isOver();
  await world.passUntil("the run to end", 3_000, isOver);
  const { status, takeovers } = run();
  const lateMs = (lastAt()?.at ?? Number.NaN) - at;
  const isOnTime = !isEarly && lateMs >= 0 && lateMs < SECOND_MS;
  return { status, takeovers, on: lastAt()?.machine, isOnTime, brokenRules };
}

const onTime = (on: string) => ({ status: "ok", takeovers: 0, on, isOnTime: true, brokenRules: [] });

describe.each(Object.keys(WAITS))("a run that waits an hour for %s", (kind) => {
  beforeEach(() => {
    // A retry wants a failure first, a poll an answer that is not the last one; both come by the second request.
    world.target.on("/end", (_, nth) => ({
      status: nth > 1 ? 200 : kind === "a retry" ? 503 : kind === "a poll" ? 202 : 200,
    }));
    world.putJob("job", { ...ONCE, actions: WAITS[kind] });
  });

  test("goes on at its time, also when its agent died meanwhile", async () => {
    const [a] = await world.startFleet("a", "b");
    await untilItWaits();
    const at = wakesAt();
    a?.crash();
    await world.passUntil("b to hold it", 20_000, () => run().claimedBy === "b");
    expect(wakesAt()).toBe(at);
    expect(await endingAt(at)).toEqual(onTime("b"));
  });

  test("goes on at its time after a clean stop, which does not wait for it", async () => {
    const [a] = await world.startFleet("a", "b");
    await untilItWaits();
    const at = wakesAt();
    a?.requestStop();
    await world.passUntil("a to stop", 1_000, () => a?.agent === "stopped");
    await world.passUntil("b to go on with it", 2_500, () => run().claimedBy === "b" && !run().handedBack);
    expect(await endingAt(at)).toEqual(onTime("b"));
  });

  test("goes on at its time where it is when another leads", async () => {
    world.putJob("job", { ...ONCE, where: { hostnames: ["b.*"] }, actions: WAITS[kind] });
    const [a] = await world.startFleet("a", "b", "c");
    await untilItWaits();
    const at = wakesAt();
    a?.crash();
    expect(await endingAt(at)).toEqual(onTime("b"));
    expect(world.leader()).toBe("b");
  });

  test("goes on at its time after the whole fleet was off for a while", async () => {
    const machines = await world.startFleet("a", "b");
    await untilItWaits();
    const at = wakesAt();
    for (const it of machines) it.crash();
    await world.pass(20 * MINUTE_MS);
    machines[1]?.start();
    expect(await endingAt(at)).toEqual(onTime("b"));
  });
});

describe("a run that waits", () => {
  const sleeps = (seconds: number, fields: Readonly<Record<string, unknown>> = {}) =>
    world.putJob("job", {
      ...ONCE,
      run_timeout_sec: 30 * 86_400,
      actions: [get("/begin"), { type: "sleep", seconds }, get("/end")],
      ...fields,
    });

  test("may lose any number of agents without being given up: it ended none of them", async () => {
    const machines = await world.startFleet("a", "b");
    sleeps(36_000);
    await untilItWaits();
    const at = wakesAt();
    for (let deaths = 0; deaths < 8; deaths++) {
      const { claimedBy } = run();
      const holder = machines.find((it) => it.name === claimedBy);
      holder?.crash();
      await world.passUntil("another to hold it", 20_000, () => run().claimedBy !== claimedBy);
      holder?.start();
      await world.pass(30_000);
    }
    expect(await endingAt(at)).toEqual(onTime(run().claimedBy));
  });

  test("waits for days, from agent to agent, and goes on at its time", async () => {
    begin({ lease: leaseTiming(60_000, 300_000, 60_000), commandPollMs: HOUR_MS });
    const machines = await world.startFleet("a", "b");
    sleeps(2 * 86_400);
    await untilItWaits();
    const at = wakesAt();
    for (const it of [0, 1, 0]) {
      await world.pass(10 * HOUR_MS);
      machines[it]?.requestStop();
      await world.pass(MINUTE_MS);
      machines[it]?.start();
      await world.pass(2 * MINUTE_MS);
    }
    expect(await endingAt(at)).toEqual(onTime(run().claimedBy));
  });

  test("wakes within 30 s when the database's clock leaps past its time, and the machine's own agrees", async () => {
    const machines = await world.startFleet("a", "b");
    sleeps(36_000);
    await untilItWaits();
    world.leapServerClock(20 * HOUR_MS);
    for (const it of machines) it.clock.jump(20 * HOUR_MS);
    await world.passUntil("the run to end", 35_000, isOver);
    expect(run()).toMatchObject({ status: "ok", takeovers: 0 });
  });

  test("is held up no longer by a database's clock that is set back, neither here nor after a takeover", async () => {
    const [a] = await world.startFleet("a", "b");
    sleeps(7_200);
    await untilItWaits();
    const at = wakesAt();
    await world.pass(HOUR_MS);
    world.leapServerClock(-5 * DAY_MS);
    await world.pass(MINUTE_MS);
    a?.crash();
    await world.passUntil("b to hold it", 60_000, () => run().claimedBy === "b");
    // Whoever takes it over knows no more than that it sleeps two hours at most.
    await world.passUntil("the run to end", 2 * HOUR_MS + MINUTE_MS, isOver);
    expect(world.now() - at).toBeLessThan(HOUR_MS + 2 * MINUTE_MS);
    expect(run().status).toBe("ok");
  });

  test("is cancelled in the midst of it, and cleans up", async () => {
    await world.startFleet("a", "b");
    sleeps(7_200, { finally: [get("/tidy")], on_failure: [get("/failed")] });
    await untilItWaits();
    world.putCommand("stop-it", { type: "cancel_run", target: "leader", args: { run: run().id } });
    await world.passUntil("the run to end", 15_000, isOver);
    expect(run().end).toMatchObject({ status: "cancelled", reason: "cancelled by a command" });
    expect(world.target.arrivals.map((it) => it.path)).toEqual(["/begin", "/tidy"]);
  });

  test("is cancelled while nobody holds it: its next owner cleans up", async () => {
    const [a, b] = await world.startFleet("a", "b");
    sleeps(7_200, { finally: [get("/tidy")] });
    await untilItWaits();
    a?.crash();
    world.putCommand("stop-it", { type: "cancel_run", target: b?.name, args: { run: run().id } });
    await world.passUntil("the run to end", 30_000, isOver);
    expect(run().end?.status).toBe("cancelled");
    expect(world.target.at("/tidy").map((it) => it.machine)).toEqual(["b"]);
  });

  test("is ended by its time limit, and cleans up", async () => {
    await world.startFleet("a", "b");
    sleeps(7_200, { run_timeout_sec: 600, finally: [get("/tidy")], on_failure: [get("/failed")] });
    await untilItWaits();
    await world.passUntil("the run to end", 11 * MINUTE_MS, isOver);
    expect(run().end).toMatchObject({ status: "error", reason: "run timed out after 600 s" });
    expect(world.target.arrivals.map((it) => it.path)).toEqual(["/begin", "/failed", "/tidy"]);
  });

  test("has ten minutes for cleaning up; what hangs is ended then", async () => {
    await world.startFleet("a", "b");
    sleeps(7_200, { run_timeout_sec: 600, finally: [get("/tidy", { timeout_sec: 3_600 })] });
    world.target.on("/tidy", () => "hangs");
    await untilItWaits();
    await world.pass((run().startAt ?? 0) + 600_000 - world.now());
    const tookMs = await world.passUntil("the run to end", 11 * MINUTE_MS, isOver);
    expect(Math.abs(tookMs - 10 * MINUTE_MS)).toBeLessThan(1_000);
    expect(run().end).toMatchObject({ status: "error", reason: "run timed out after 600 s" });
  });

  test("counts against no limit of runs at once, while its job does not overlap with it", async () => {
    begin({ runs: { maxConcurrent: 1 } });
    await world.startFleet("a");
    sleeps(300, { schedule: "* * * * *" });
    world.putJob("other");
    await world.passTo("10:04:05");
    expect(world.storyOf("job")).toEqual(["10:01 running", "10:02 skipped", "10:03 skipped", "10:04 skipped"]);
    expect(world.target.at("/other").map((it) => it.at % MINUTE_MS < SECOND_MS)).toEqual([true, true, true, true]);
  });

  /** Each machine has a run of four hours with a catch-up window of half an hour; b dies in the middle of its. */
  async function machineLostAfterTwoHours() {
    const [, b] = await world.startFleet("a", "b");
    sleeps(4 * 3_600, { run_on: "all", catch_up_window_sec: 1_800 });
    await world.passTo("10:01:01");
    const runOfB = () => world.recordsOf("job").find((it) => it.scope === "b");
    await world.pass(2 * HOUR_MS);
    b?.crash();
    return { b, runOfB };
  }

  test("and belongs to its machine goes on when that comes back within the catch-up window, however long it had waited", async () => {
    const { b, runOfB } = await machineLostAfterTwoHours();
    await world.pass(20 * MINUTE_MS);
    expect(runOfB()?.status).toBe("running");
    b?.start();
    await world.pass(2 * HOUR_MS);
    expect(runOfB()).toMatchObject({ status: "ok", takeovers: 0 });
  });

  test("and belongs to its machine is ended when that stays away for the catch-up window", async () => {
    const { runOfB } = await machineLostAfterTwoHours();
    await world.pass(29 * MINUTE_MS);
    expect(runOfB()?.status).toBe("running");
    await world.pass(3 * MINUTE_MS);
    expect(runOfB()?.status).toBe("interrupted");
  });

  test("among very many is handed back within the grace of a stop, and goes on at its time", async () => {
    const [a] = await world.startFleet("a", "b");
    sleeps(3_600, { schedule: "0 0 1 1 *" });
    for (let it = 0; it < 300; it++) world.putCommand(`c${it}`, { type: "run_job", target: "a", args: { job: "job" } });
    const waiting = () => world.recordsOf("job").filter((it) => "steps" in it && it.steps[1]?.status === "waiting");
    await world.passUntil("all to wait", 60_000, () => waiting().length === 300);
    a?.requestStop();
    await world.passUntil("a to stop", 3_000, () => a?.agent === "stopped");
    await world.pass(2_500);
    expect(new Set(waiting().map((it) => ("claimedBy" in it ? it.claimedBy : "")))).toEqual(new Set(["b"]));
    await world.pass(HOUR_MS + MINUTE_MS);
    expect(world.recordsOf("job").map((it) => it.status)).toEqual(Array.from({ length: 300 }, () => "ok"));
    expect(world.target.at("/end")).toHaveLength(300);
    expect(brokenRules).toEqual([]);
  });
});

describe("a job that another calls", () => {
  const inner = (...actions: readonly unknown[]) => world.putJob("inner", { schedule: "0 0 1 1 *", actions });

  test("is a part of the run as it was when the run came to it, also for the next owner", async () => {
    const [a] = await world.startFleet("a", "b");
    inner(get("/inner-before"), { type: "sleep", seconds: 600 }, get("/inner-after"));
    world.putJob("job", { ...ONCE, actions: [{ type: "job", job: "inner" }, get("/end")] });
    await untilItWaits();
    inner(get("/edited"));
    await world.pass(2 * MINUTE_MS);
    a?.crash();
    await world.passUntil("the run to end", 12 * MINUTE_MS, isOver);
    expect(world.target.arrivals.map((it) => `${it.path} by ${it.machine}`)).toEqual([
      "/inner-before by a",
      "/inner-after by b",
      "/end by b",
    ]);
    expect(run()).toMatchObject({ status: "ok", takeovers: 0 });
    expect(brokenRules).toEqual([]);
  });

  test("and is not there is an error of the step that says so", async () => {
    await world.startFleet("a");
    world.putJob("job", { ...ONCE, actions: [{ type: "job", job: "nobody" }, get("/end")] });
    await world.passTo("10:01:02");
    expect(run().end).toMatchObject({
      status: "error",
      reason: expect.stringContaining('there is no job with the id or name "nobody"'),
    });
    expect(world.target.arrivals).toEqual([]);
  });
});

test("a run sleeps until a time of day in the zone of its job", async () => {
  await world.startFleet("a");
  // 14:30 in India is 09:00 UTC, which has passed: it is the next day's.
  world.putJob("early", { ...ONCE, tz: "UTC", actions: [{ type: "sleep", until: "10:05" }, get("/end")] });
  world.putJob("job", { schedule: "31 15 * * *", tz: "Asia/Kolkata", actions: [{ type: "sleep", until: "14:30" }] });
  await world.passTo("10:05:01");
  expect(world.target.at("/end").map((it) => it.at)).toEqual([world.timeOf("10:05")]);
  expect(run().steps[0]?.nextAttemptAt).toBe(world.timeOf("09:00") + DAY_MS);
});

describe("a for_each in the midst of its items", () => {
  const ITEMS = Array.from({ length: 24 }, (_, index) => `item-${index}`);
  const PATHS = ITEMS.flatMap((it) => [`/${it}/first`, `/${it}/second`]);

  async function startItems(): Promise<readonly Machine[]> {
    const machines = await world.startFleet("a", "b");
    for (const path of PATHS) world.target.on(path, () => ({ afterMs: 2_000 }));
    world.putJob("job", {
      ...ONCE,
      retry: { retries: 1, delay_sec: 1 },
      actions: [
        {
          type: "for_each",
          in: ITEMS,
          concurrency: 4,
          actions: [get("/{{vars.item}}/first"), get("/{{vars.item}}/second")],
        },
      ],
    });
    await world.passTo("10:01:01");
    await world.passUntil("ten items to end", MINUTE_MS, () => (run().steps[0]?.items?.ok ?? 0) >= 10);
    return machines;
  }

  function expectAllDone(resentMax: number): void {
    expect(run().steps[0]).toMatchObject({ status: "ok", items: { total: 24, ok: 24, failed: 0, skipped: 0 } });
    const counts = PATHS.map((path) => world.target.at(path).length);
    expect(counts.every((it) => it >= 1 && it <= 2)).toBe(true);
    expect(counts.filter((it) => it === 2).length).toBeLessThanOrEqual(resentMax);
    expect(brokenRules).toEqual([]);
  }

  test("goes on after a kill: what is finished stays finished, and only what was under way is sent again", async () => {
    const [a] = await startItems();
    const done = run()
      .steps.filter((it) => it.parent === "0" && it.status === "ok")
      .map((it) => it.index);
    a?.crash();
    await world.passUntil("the run to end", 2 * MINUTE_MS, isOver);
    expectAllDone(4);
    for (const index of done) expect(world.target.at(`/item-${index}/second`)).toHaveLength(1);
  });

  test("goes on after a clean stop, and nothing is sent again", async () => {
    const [a] = await startItems();
    a?.requestStop();
    await world.passUntil("the run to end", 2 * MINUTE_MS, isOver);
    expectAllDone(0);
    expect(new Set(world.target.arrivals.map((it) => it.machine))).toEqual(new Set(["a", "b"]));
  });
});

describe("a sensitive capture", () => {
  test("is had again by the next owner, which makes its step with the next attempt; it is stored nowhere", async () => {
    const [a] = await world.startFleet("a", "b");
    world.target.on("/login", (_, nth) => ({ body: JSON.stringify({ token: `very-secret-${nth}` }) }));
    world.putJob("job", {
      ...ONCE,
      actions: [
        get("/login", { name: "login", capture: { token: { path: "$.token", sensitive: true } } }),
        { type: "sleep", seconds: 600 },
        get("/use/{{vars.token}}"),
      ],
    });
    await untilItWaits();
    a?.crash();
    await world.passUntil("the run to end", 12 * MINUTE_MS, isOver);
    expect(run().status).toBe("ok");
    expect(world.target.arrivals.map((it) => `${it.path} ${it.attempt} ${it.machine}`)).toEqual([
      "/login 1 a",
      "/login 2 b",
      "/use/very-secret-2 1 b",
    ]);
    const stored = JSON.stringify([...world.state.runs.values(), ...world.state.events]) + JSON.stringify(world.log);
    expect(stored).not.toContain("very-secret");
  });
});
