import { beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];

beforeEach(() => {
  world = createWorld();
  brokenRules = watchSends(world);
});

/** `10:01 ok` and so on, for each minute from the first to the last. */
function eachMinute(first: string, last: string, status = "ok"): string[] {
  const story: string[] = [];
  for (let at = world.timeOf(first); at <= world.timeOf(last); at = (at + 60_000) as typeof at)
    story.push(`${new Date(at).toISOString().slice(11, 16)} ${status}`);
  return story;
}

describe("every due minute of every job has one record", () => {
  const JOBS = ["one", "two", "three"];

  function expectEachMinuteRun(first: string, last: string): void {
    for (const job of JOBS) expect(world.storyOf(job)).toEqual(eachMinute(first, last));
    const sent = world.target.arrivals.filter((it) => it.attempt === 1);
    expect(sent).toHaveLength(JOBS.length * eachMinute(first, last).length);
    expect(brokenRules).toEqual([]);
  }

  beforeEach(() => {
    for (const job of JOBS) world.putJob(job);
  });

  test("and starts within a second", async () => {
    await world.startFleet("a", "b", "c");
    await world.passTo("10:20:30");
    expectEachMinuteRun("10:01", "10:20");
    for (const it of world.target.arrivals) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(new Set(world.target.arrivals.map((it) => it.machine))).toEqual(new Set(["a"]));
  });

  test("while the leader is killed and started again around the minutes", async () => {
    const [a] = await world.startFleet("a", "b", "c");
    for (let minute = 1; minute < 20; minute++) {
      await world.passTo(`10:${String(minute).padStart(2, "0")}:00`);
      await world.pass(between(world.chance, -2_000, 2_000) + 2_000);
      if (a?.agent === "running") a.crash();
      else a?.start();
    }
    await world.passTo("10:21:30");
    const finished = world.storyOf("one").map((it) => it.split(" ")[0]);
    expect(finished).toEqual(eachMinute("10:01", "10:21").map((it) => it.split(" ")[0]));
    expect(brokenRules).toEqual([]);
  });

  test("while one agent alone is restarted cleanly every 70 s", async () => {
    const [a] = await world.startFleet("a");
    for (let restarts = 0; restarts < 10; restarts++) {
      await world.pass(70_000);
      a?.requestStop();
      await world.passUntil("the agent to stop", 11_000, () => a?.agent === "stopped");
      a?.start();
    }
    await world.passTo("10:15:30");
    expect(world.leader()).toBe("a");
    expectEachMinuteRun("10:01", "10:15");
  });

  test("while another agent falsely believes to lead for ten minutes", async () => {
    const [a] = await world.startFleet("a");
    const b = world.machine("b");
    b.start({ adapt: (stores) => believesToLead(stores, "b") });
    for (const it of [a, b]) if (it !== undefined) it.network.latencyMs = () => between(world.chance, 0, 30);
    await world.passTo("10:10:30");
    expect(world.leader()).toBe("a");
    expectEachMinuteRun("10:01", "10:10");
    expect(new Set(world.target.arrivals.map((it) => it.machine))).toEqual(new Set(["a", "b"]));
  });

  test("on machines whose clocks are five minutes apart, also when the leader changes", async () => {
    const machines = [-300_000, 0, 300_000].map((skewMs, index) => world.machine(`m${index}`, { skewMs }));
    for (const it of machines) it.start();
    await world.passTo("10:04:30");
    const leader = machines.find((it) => it.name === world.leader());
    leader?.requestStop();
    await world.passTo("10:08:30");
    leader?.start();
    await world.passTo("10:12:30");
    expectEachMinuteRun("10:01", "10:12");
    for (const it of world.target.arrivals) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(world.state.machines.get("m0")?.clockOffsetMs).toBe(-300_000);
  });

  test("while the wall clocks of the machines jump", async () => {
    const machines = await world.startFleet("a", "b", "c");
    for (let minute = 1; minute <= 10; minute++) {
      await world.passTo(`10:${String(minute).padStart(2, "0")}:30`);
      for (const it of machines) it.clock.jump(between(world.chance, -7_200_000, 7_200_000));
    }
    await world.passTo("10:12:30");
    expect(world.leader()).toBe("a");
    expectEachMinuteRun("10:01", "10:12");
  });

  test("and nothing of the future, when the server's clock leaps an hour ahead and comes back", async () => {
    await world.startFleet("a", "b", "c");
    await world.passTo("10:03:30");
    world.leapServerClock(3_600_000);
    await world.passTo("10:08:30");
    world.leapServerClock(-3_600_000);
    await world.passTo("10:12:30");
    expectEachMinuteRun("10:01", "10:12");
    expect(world.state.events.map((it) => it.type)).toContain("clock_doubt");
  });

  test("also when the server's clock goes back: no minute comes a second time", async () => {
    await world.startFleet("a", "b");
    await world.passTo("10:05:30");
    world.leapServerClock(-180_000);
    await world.passTo("10:12:30");
    expect(world.leader()).toBe("a");
    expectEachMinuteRun("10:01", "10:09");
  });

  test("in time also on a machine with a wrong clock that was stopped for minutes while it waited for an answer", async () => {
    const a = world.machine("a", { skewMs: 120_000 });
    a.start();
    await world.passTo("10:02:30");
    a.network.onEffect = (operation) => {
      if (operation === "serials.renew" && world.now() < world.timeOf("10:03")) a.pause();
    };
    await world.passTo("10:08:30");
    a.resume();
    await world.passTo("10:12:30");
    const late = world.target.arrivals
      .filter((it) => it.minute >= "10:09")
      .map((it) => it.at - world.timeOf(it.minute));
    expect(late).toHaveLength(4 * JOBS.length);
    for (const ms of late) expect(ms).toBeLessThan(1_000);
  });

  test("while every third answer of the database is lost", async () => {
    const machines = await world.startFleet("a", "b", "c");
    for (const it of machines) it.network.decide = () => (world.chance.fraction() < 1 / 3 ? "reply lost" : "answered");
    await world.passTo("10:10:30");
    for (const it of machines) it.network.decide = () => "answered";
    await world.passTo("10:11:30");
    const minutes = eachMinute("10:01", "10:11").map((it) => it.split(" ")[0]);
    for (const job of JOBS) expect(world.storyOf(job).map((it) => it.split(" ")[0])).toEqual(minutes);
    expect(brokenRules).toEqual([]);
  });
});

/** Hides the others from an agent, so that it plans as if it led. */
function believesToLead(stores: FleetStores, name: string): FleetStores {
  const own = async () => (await stores.serials.readHeld()).filter((it) => it.machineId === name);
  return {
    ...stores,
    serials: { ...carriedBy(stores.serials), readHeld: own },
    leaders: {
      ...carriedBy(stores.leaders),
      async read() {
        const { view } = await stores.leaders.read();
        const [self] = await own();
        const { session = null, serial = null, machineId = null } = self ?? {};
        return { leader: { session, serial, machineId, term: 99 }, view };
      },
    },
  };
}

/** A plain copy, whose methods still go the way of the machine's network. */
function carriedBy<Store extends object>(store: Store): Store {
  return Object.fromEntries(Object.keys(store).map((key) => [key, store[key as keyof Store]])) as Store;
}

describe("an edit", () => {
  beforeEach(() => world.startFleet("a", "b"));

  test("row 29: fires nothing of the past and counts from the next minute on", async () => {
    world.putJob("job", { schedule: "0 * * * *" });
    await world.passTo("10:05:30");
    world.putJob("job", { schedule: "*/2 * * * *" });
    await world.passTo("10:08:30");
    expect(world.storyOf("job")).toEqual(["10:06 ok", "10:08 ok"]);
    world.putJob("job", { schedule: "30 10 * * *" });
    await world.passTo("10:31:00");
    expect(world.storyOf("job")).toEqual(["10:06 ok", "10:08 ok", "10:30 ok"]);
  });

  test("made after the server's clock went back fires nothing of the time that comes a second time", async () => {
    world.putJob("job", { schedule: "*/5 * * * *" });
    await world.passTo("10:05:30");
    world.leapServerClock(-180_000);
    world.putJob("job");
    await world.passTo("10:10:30");
    expect(world.storyOf("job")).toEqual(["10:05 ok", "10:06 ok", "10:07 ok"]);
  });

  test("made a second and a half before the minute counts without change streams too", async () => {
    world.state.changesLive = false;
    await world.passTo("10:00:58");
    world.putJob("job", { schedule: "1 * * * *" });
    await world.passTo("10:01:58");
    world.putJob("job", { schedule: "2 * * * *" });
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("made while no agent lived leaves the past to the old schedule", async () => {
    world = createWorld();
    const [a] = await world.startFleet("a");
    world.putJob("job", { schedule: "*/2 * * * *", catch_up: "all", overlap: "allow" });
    await world.passTo("10:02:30");
    a?.crash();
    await world.passTo("10:07:30");
    world.putJob("job", { schedule: "1-59/2 * * * *", catch_up: "none" });
    a?.start();
    await world.passTo("10:11:30");
    expect(world.storyOf("job")).toEqual(["10:02 ok", "10:04 ok", "10:06 ok", "10:09 ok", "10:11 ok"]);
  });

  test("of another field keeps the schedule and is what the next minute runs", async () => {
    world.putJob("job");
    await world.passTo("10:01:30");
    world.putJob("job", { url: "http://target.test/moved" });
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
    expect(world.target.arrivals.map((it) => it.path)).toEqual(["/job", "/moved"]);
  });

  test("row 28: does not touch a run under way, which keeps what it started with", async () => {
    world.putJob("job", {
      actions: [
        { type: "http", url: "http://target.test/old" },
        { type: "http", url: "http://target.test/old-second" },
      ],
    });
    world.target.on("/old", () => ({ afterMs: 5_000 }));
    await world.passTo("10:01:01");
    world.putJob("job", { url: "http://target.test/new" });
    await world.passTo("10:01:30");
    expect(world.target.arrivals.map((it) => it.path)).toEqual(["/old", "/old-second"]);
  });
});

describe("a job around the minute", () => {
  beforeEach(() => world.startFleet("a", "b"));

  test("runs from the minute before which it was created", async () => {
    await world.passTo("10:00:59.900");
    world.putJob("job");
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("created just after a minute does not run that minute", async () => {
    await world.passTo("10:01:00.100");
    world.putJob("job");
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:02 ok"]);
  });

  test.each([
    ["disabled", (it: World) => it.putJob("job", { enabled: false })],
    ["deleted", (it: World) => it.removeJob("job")],
    ["made invalid", (it: World) => it.putJob("job", { schedule: "at noon" })],
  ])("%s just before a minute runs no more, and starts anew when it comes back", async (_, end) => {
    world.putJob("job");
    await world.passTo("10:02:59.900");
    end(world);
    await world.passTo("10:06:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
    world.putJob("job");
    await world.passTo("10:08:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok", "10:07 ok", "10:08 ok"]);
  });

  test("switched off while no agent lived has its minutes up to then recorded as missed", async () => {
    world = createWorld();
    const [a] = await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:01:30");
    a?.crash();
    await world.passTo("10:03:30");
    world.putJob("job", { enabled: false });
    a?.start();
    await world.passTo("10:06:00");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 missed", "10:03 missed"]);
    expect(world.recordsOf("job").at(-1)).toMatchObject({ reason: expect.stringContaining("switched off") });
  });

  test("stands beside an invalid one without harm, and the invalid one is named once", async () => {
    world.putJob("wrong", { schedule: "at noon" });
    world.putJob("right");
    await world.passTo("10:03:30");
    expect(world.storyOf("right")).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    expect(world.storyOf("wrong")).toEqual([]);
    const named = world.log.filter((it) => it.facts["event"] === "job_invalid" && it.machine === "a");
    expect(named).toHaveLength(1);
    expect(world.state.jobStates.get("wrong")?.health).toMatchObject({ valid: false });
  });
});

describe("run_on: all", () => {
  test("gives every machine its own run of each minute", async () => {
    await world.startFleet("a", "b", "c");
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:03:30");
    expect(world.storyOf("job")).toEqual(["10:01", "10:02", "10:03"].flatMap((it) => Array(3).fill(`${it} ok`)));
    for (const machine of ["a", "b", "c"])
      expect(world.target.arrivals.filter((it) => it.machine === machine).map((it) => it.minute)).toEqual([
        "10:01",
        "10:02",
        "10:03",
      ]);
    expect(brokenRules).toEqual([]);
  });

  test("catches up on the machine that was away, and only there", async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:02:30");
    b?.crash();
    await world.passTo("10:06:30");
    b?.start();
    await world.passTo("10:07:30");
    const storyOn = (machine: string) =>
      world
        .recordsOf("job")
        .filter((it) => it.scope === machine)
        .map((it) => it.status);
    expect(storyOn("a")).toEqual(Array(7).fill("ok"));
    // 10:06 is not over 60 s late, so it is run and stands in for those before it.
    expect(storyOn("b")).toEqual(["ok", "ok", "missed", "missed", "missed", "ok", "ok"]);
  });

  test("does not run on a machine what was due before it first joined", async () => {
    await world.startFleet("a");
    world.putJob("job", { run_on: "all", catch_up: "all" });
    await world.passTo("10:03:30");
    world.machine("b").start();
    await world.passTo("10:05:30");
    expect(world.target.arrivals.filter((it) => it.machine === "b").map((it) => it.minute)).toEqual(["10:04", "10:05"]);
  });
});

describe("a run and a miss", () => {
  test("exclude each other when a claim arrives after the miss was recorded", async () => {
    const [a] = await world.startFleet("a");
    world.putJob("job", { catch_up: "none" });
    await world.passTo("10:00:59");
    a?.network.fate("claims.insert", "late");
    if (a !== undefined) a.network.lateMs = () => 120_000;
    await world.passTo("10:01:00.500");
    a?.crash();
    a?.network.fate("claims.insert", "answered");
    await world.passTo("10:02:30");
    a?.start();
    await world.passTo("10:04:30");
    expect(world.storyOf("job")).toEqual(["10:01 missed", "10:02 ok", "10:03 ok", "10:04 ok"]);
    expect(world.target.arrivals.map((it) => it.minute)).toEqual(["10:02", "10:03", "10:04"]);
  });
});
