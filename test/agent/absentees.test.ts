import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let a: Machine;
let b: Machine;

beforeEach(async () => {
  world = createWorld();
  brokenRules = watchSends(world);
  const machines = await world.startFleet("a", "b");
  const [first, second] = machines;
  if (first === undefined || second === undefined) throw new Error("two machines were started");
  a = first;
  b = second;
});

/** `10:05 ok` of each record of machine b. */
function storyOnB(): string[] {
  const minute = (at: number) => new Date(at).toISOString().slice(11, 16);
  return world
    .recordsOf("job")
    .filter((it) => it.scope === "b")
    .map((it) => {
      const stretch = "stretch" in it ? it.stretch : undefined;
      const when = minute(it.scheduledFor) + (stretch === undefined ? "" : `-${minute(stretch.last)}`);
      return `${when} ${it.status}${stretch === undefined ? "" : ` ${stretch.count}`}`;
    });
}

/** Each minute of b's records and how often it is covered. */
function minutesOnB(): number[] {
  const minutes: number[] = [];
  for (const it of world.recordsOf("job")) {
    if (it.scope !== "b") continue;
    const last = ("stretch" in it ? it.stretch?.last : undefined) ?? it.scheduledFor;
    for (let at: number = it.scheduledFor; at <= last; at += 60_000) minutes.push(at);
  }
  return minutes;
}

const cursorOfB = () => world.state.cursors.get("job|machine|b");

describe("a machine that was off for three occurrences of a job that runs on all", () => {
  async function sleepThrough(fields: Readonly<Record<string, unknown>>): Promise<void> {
    world.putJob("job", { run_on: "all", schedule: "*/10 * * * *", overlap: "allow", ...fields });
    await world.passTo("10:12:30");
    b.crash();
    await world.passTo("10:45:30");
    b.start();
    await world.passTo("10:51:30");
    expect(brokenRules).toEqual([]);
    const onA = world.recordsOf("job").filter((it) => it.scope === "a");
    expect(onA.map((it) => it.status)).toEqual(Array(5).fill("ok"));
  }

  test('catches up the newest of them alone with catch_up "last"', async () => {
    await sleepThrough({ catch_up: "last" });
    expect(storyOnB()).toEqual(["10:10 ok", "10:20 missed", "10:30 missed", "10:40 ok", "10:50 ok"]);
  });

  test('catches up all of them with catch_up "all"', async () => {
    await sleepThrough({ catch_up: "all" });
    expect(storyOnB()).toEqual(["10:10 ok", "10:20 ok", "10:30 ok", "10:40 ok", "10:50 ok"]);
    expect(world.target.arrivals.filter((it) => it.machine === "b").map((it) => it.minute)).toEqual([
      "10:10",
      "10:20",
      "10:30",
      "10:40",
      "10:50",
    ]);
  });

  test('misses them with catch_up "none"', async () => {
    await sleepThrough({ catch_up: "none" });
    expect(storyOnB()).toEqual(["10:10 ok", "10:20 missed", "10:30 missed", "10:40 missed", "10:50 ok"]);
  });
});

describe("a machine that was off for two hours", () => {
  const EVERY_TEN = { run_on: "all", schedule: "*/10 * * * *", catch_up: "all", overlap: "allow" };

  test("finds those before the window recorded by the leader, and catches up the others", async () => {
    world.putJob("job", { ...EVERY_TEN, catch_up_window_sec: 900 });
    await world.passTo("10:12:30");
    b.crash();
    await world.passTo("12:05:30");
    b.start();
    await world.passTo("12:11:30");
    const story = storyOnB();
    expect(story[0]).toBe("10:10 ok");
    expect(story[1]).toMatch(/^10:20-11:\d0 missed \d$/);
    expect(story.slice(-2)).toEqual(["12:00 ok", "12:10 ok"]);
    const [, missed] = world.recordsOf("job").filter((it) => it.scope === "b");
    expect(missed).toMatchObject({ recordedBy: "a", reason: "the machine b.example was off" });
    expect(brokenRules).toEqual([]);
  });

  test("catches up by the former schedule what lies within the window, though the job was edited long ago", async () => {
    world.putJob("job", { ...EVERY_TEN, catch_up_window_sec: 3_600 });
    await world.passTo("10:12:30");
    b.crash();
    await world.passTo("11:25:30");
    world.putJob("job", { ...EVERY_TEN, schedule: "5 * * * *", catch_up_window_sec: 3_600 });
    await world.passTo("12:12:30");
    b.start();
    await world.passTo("13:06:30");
    const caughtUp = ["11:20", "11:30", "11:40", "11:50", "12:00", "12:10"].map((it) => `${it} ok`);
    expect(storyOnB().slice(-7)).toEqual([...caughtUp, "13:05 ok"]);
    expect(brokenRules).toEqual([]);
  });
});

describe("while a machine is off", () => {
  test("the leader records as missed what it can't catch up any more, an hour at a time", async () => {
    world.putJob("job", { run_on: "all", catch_up_window_sec: 600 });
    world.putJob("other", { run_on: "all", schedule: "0 0 1 1 *" });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("16:00:30");
    const story = storyOnB();
    expect(story.slice(0, 3)).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    expect(story.length).toBeLessThanOrEqual(3 + 5);
    for (const it of story.slice(3)) expect(it).toMatch(/ missed( \d+)?$/);
    const minutes = minutesOnB();
    const first = world.timeOf("10:01");
    expect(minutes).toEqual(Array.from({ length: minutes.length }, (_, index) => first + index * 60_000));
    expect(minutes.at(-1)).toBeGreaterThan(world.timeOf("14:40"));
    expect(minutes.at(-1)).toBeLessThanOrEqual(world.timeOf("15:50"));
    b.start();
    await world.passTo("16:02:30");
    const after = minutesOnB();
    expect(after).toEqual(Array.from({ length: 362 }, (_, index) => first + index * 60_000));
    expect(brokenRules).toEqual([]);
  });

  test("the leader tells it once for all its jobs", async () => {
    const jobs = Array.from({ length: 30 }, (_, index) => `job-${index}`);
    for (const job of jobs) world.putJob(job, { run_on: "all", catch_up_window_sec: 600 });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("11:40:30");
    const told = world.state.events.filter((it) => it.type === "occurrences_missed");
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toMatch(/^b.example missed \d+ occurrences .* the machine b.example was off$/);
    expect(told[0]?.facts).toMatchObject({ machine_id: "b", records: jobs.length });
    expect(world.log.filter((it) => it.facts["event"] === "missed")).toHaveLength(1);
  });

  test.each([
    ["deleted", () => world.removeJob("job")],
    ["switched off", () => world.putJob("job", { run_on: "all", enabled: false })],
    [
      "kept to other machines",
      () => world.putJob("job", { run_on: "all", catch_up_window_sec: 600, where: { hostnames: ["a*"] } }),
    ],
  ])("a job that is %s is settled and ended for it", async (_, end) => {
    world.putJob("job", { run_on: "all", catch_up_window_sec: 600 });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("10:20:30");
    end();
    await world.passTo("11:20:30");
    expect(cursorOfB()?.schedule).toBeNull();
    const settled = minutesOnB();
    const last = settled.at(-1) ?? 0;
    expect(last).toBeLessThan(world.timeOf("10:35"));
    b.start();
    await world.passTo("11:25:30");
    expect(minutesOnB()).toEqual(settled);
  });

  test("an edit is taken in for it, after the former schedule was settled", async () => {
    world.putJob("job", { run_on: "all", catch_up_window_sec: 600 });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("10:30:30");
    world.putJob("job", { run_on: "all", catch_up_window_sec: 600, schedule: "0 12 * * *" });
    await world.passTo("11:50:30");
    const former = minutesOnB();
    expect(former.at(-1)).toBeLessThan(world.timeOf("10:45"));
    b.start();
    await world.passTo("12:00:30");
    expect(storyOnB().at(-1)).toBe("12:00 ok");
  });

  test("and only for a short time, an edit waits for it: it catches up by the former schedule", async () => {
    world.putJob("job", { run_on: "all", schedule: "*/10 * * * *", catch_up: "all", overlap: "allow" });
    await world.passTo("10:12:30");
    b.crash();
    await world.passTo("10:25:30");
    world.putJob("job", { run_on: "all", schedule: "5 * * * *", catch_up: "all", overlap: "allow" });
    await world.passTo("10:27:30");
    b.start();
    await world.passTo("11:06:30");
    expect(storyOnB()).toEqual(["10:10 ok", "10:20 ok", "11:05 ok"]);
  });

  test("a machine that is forgotten is not looked after any more", async () => {
    world.putJob("job", { run_on: "all", catch_up_window_sec: 600 });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("10:04:30");
    world.state.machines.delete("b");
    await world.passTo("11:00:30");
    expect(storyOnB()).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
  });

  test("that recorded its misses and died before it moved its cursor, the leader goes on behind them", async () => {
    world.putJob("job", { run_on: "all", catch_up: "none", catch_up_window_sec: 7_500 });
    await world.passTo("10:03:30");
    b.crash();
    await world.passTo("12:05:10");
    b.network.fate("machineCursors.move", "request lost");
    b.start();
    await world.passTo("12:05:40");
    expect(storyOnB().at(-2)).toBe("10:04-12:04 missed 121");
    b.crash();
    b.network.fate("machineCursors.move", "answered");
    await world.passTo("12:30:10");
    b.start();
    await world.passTo("12:32:30");
    const minutes = minutesOnB();
    const due = Array.from({ length: 152 }, (_, index) => world.timeOf("10:01") + index * 60_000);
    expect(minutes).toEqual(due);
  });

  test("and has more jobs than a minute suffices for, none of them is left out", async () => {
    const jobs = Array.from({ length: 6_500 }, (_, index) => `job-${index}`);
    const fields = { run_on: "all", where: { hostnames: ["b.*"] }, catch_up_window_sec: 60 };
    for (const job of jobs) world.putJob(job, fields);
    await world.passTo("10:00:50");
    expect(world.state.cursors.size).toBe(jobs.length);
    b.crash();
    await world.passTo("11:15:00");
    const behind = [...world.state.cursors.values()].filter((it) => it.plannedTo < world.timeOf("10:01"));
    expect(behind.map((it) => it.jobId)).toEqual([]);
  }, 60_000);

  test("and comes back at any moment of the leader's pass, each minute is covered once", async () => {
    for (let round = 0; round < 12; round++) {
      world = createWorld({ seed: round + 1 });
      [a, b] = (await world.startFleet("a", "b")) as [Machine, Machine];
      world.putJob("job", { run_on: "all", catch_up_window_sec: 300, catch_up: "none" });
      for (const it of [a, b]) it.network.latencyMs = () => Math.floor(world.chance.fraction() * 400);
      await world.passTo("10:03:30");
      b.crash();
      const recorded = () => minutesOnB().length;
      const before = recorded();
      await world.passUntil("records of the leader for b", 2 * 3_600_000, () => recorded() > before);
      await world.pass(3_600_000 - round * 120);
      b.start();
      await world.pass(180_000);
      const minutes = minutesOnB();
      const due = Array.from({ length: minutes.length }, (_, index) => world.timeOf("10:01") + index * 60_000);
      expect(minutes, `seed ${round + 1}`).toEqual(due);
      expect(minutes.at(-1)).toBeGreaterThan(world.now() - 65_000);
    }
  });
});

test("a leader that ends amid the records of an absent machine leaves nothing out and nothing twice", async () => {
  world.putJob("job", { run_on: "all", catch_up_window_sec: 300 });
  const c = world.machine("c");
  c.start();
  await world.passTo("10:03:30");
  b.crash();
  a.network.fate("machineCursors.move", "request lost");
  await world.passUntil("records for b", 2 * 3_600_000, () => storyOnB().length > 3);
  a.crash();
  await world.pass(2 * 3_600_000);
  const minutes = minutesOnB();
  expect(minutes).toEqual(Array.from({ length: minutes.length }, (_, index) => world.timeOf("10:01") + index * 60_000));
  expect(minutes.length).toBeGreaterThan(20);
});

test("of a machine that stands by, since every serial is taken, no record says that it was off", async () => {
  world = createWorld({ maxSerial: 2 });
  [a, b] = (await world.startFleet("a", "b")) as [Machine, Machine];
  world.putJob("job", { run_on: "all", catch_up_window_sec: 600 });
  await world.passTo("10:03:30");
  b.requestStop();
  await world.passUntil("b to stop", 11_000, () => b.agent === "stopped");
  world.machine("c").start();
  await world.passUntil("c to join", 5_000, () => world.serialOf("c") !== undefined);
  b.start();
  await world.passTo("11:40:30");
  const [missed] = world.recordsOf("job").filter((it) => it.scope === "b" && it.status === "missed");
  expect(missed).toMatchObject({ reason: "the machine b.example stood by: every serial of the fleet was taken" });
});
