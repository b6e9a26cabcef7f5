import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let a: Machine | undefined;

beforeEach(async () => {
  world = createWorld();
  brokenRules = watchSends(world);
  [a] = await world.startFleet("a");
});

/** No agent lives from 10:05:30 to 12:05:30. */
async function sleepTwoHours(): Promise<void> {
  await world.passTo("10:05:30");
  a?.crash();
  await world.passTo("12:05:30");
  a?.start();
  await world.passTo("12:06:30");
}

const EVERY_20 = { schedule: "*/20 * * * *", overlap: "allow" };

describe("after an outage of two hours", () => {
  test('catch_up "last" runs the newest occurrence of the window, and the others are missed', async () => {
    world.putJob("job", { ...EVERY_20, catch_up: "last" });
    await sleepTwoHours();
    expect(world.storyOf("job")).toEqual([
      "10:20 missed",
      "10:40 missed",
      "11:00 missed",
      "11:20 missed",
      "11:40 missed",
      "12:00 ok",
    ]);
    const reasons = world.recordsOf("job").map((it) => ("reason" in it ? it.reason : ""));
    expect(reasons[0]).toContain("catch_up_window_sec");
    expect(reasons[4]).toContain('catch_up is "last"');
  });

  test('catch_up "all" runs every occurrence of the window in order of time, and the older ones are missed', async () => {
    world.putJob("job", { ...EVERY_20, catch_up: "all" });
    await sleepTwoHours();
    expect(world.storyOf("job")).toEqual([
      "10:20 missed",
      "10:40 missed",
      "11:00 missed",
      "11:20 ok",
      "11:40 ok",
      "12:00 ok",
    ]);
    expect(world.target.arrivals.map((it) => it.minute)).toEqual(["11:20", "11:40", "12:00"]);
  });

  test('catch_up "none" misses them all', async () => {
    world.putJob("job", { ...EVERY_20, catch_up: "none" });
    await sleepTwoHours();
    expect(world.storyOf("job").map((it) => it.split(" ")[1])).toEqual(Array(6).fill("missed"));
    expect(world.target.arrivals).toEqual([]);
  });

  test("more than a hundred misses in a row are one record with its last and its count", async () => {
    world.putJob("job", { catch_up: "none" });
    await sleepTwoHours();
    expect(world.storyOf("job").slice(4)).toEqual(["10:05 ok", "10:06-12:04 missed 119", "12:05 ok", "12:06 ok"]);
    const told = world.state.events.filter((it) => it.type === "occurrences_missed");
    expect(told.map((it) => it.facts["count"])).toEqual([119]);
    expect(told[0]?.message).toContain("119 occurrences from 2026-03-02T10:06:00Z to 2026-03-02T12:04:00Z");
  });

  test("a job that was edited meanwhile fires nothing twice", async () => {
    world.putJob("job", { ...EVERY_20, catch_up: "all" });
    await world.passTo("10:05:30");
    a?.crash();
    await world.passTo("12:05:30");
    world.putJob("job", { ...EVERY_20, catch_up: "all", url: "http://target.test/new" });
    a?.start();
    await world.passTo("12:25:00");
    expect(world.storyOf("job").slice(3)).toEqual(["11:20 ok", "11:40 ok", "12:00 ok", "12:20 ok"]);
    expect(brokenRules).toEqual([]);
  });
});

describe("a stretch of misses whose recorder died before it had settled the job", () => {
  /** Records what was missed until then and dies before it can move the cursor. */
  async function recordAndDie(clockTime: string, prepare = () => {}): Promise<void> {
    await world.passTo("10:05:30");
    a?.crash();
    await world.passTo(`${clockTime}:30`);
    prepare();
    a?.network.fate("fleetCursors.move", "request lost");
    a?.start();
    await world.passTo(`${clockTime}:40`);
    a?.crash();
    a?.network.fate("fleetCursors.move", "answered");
  }

  test.each(["none", "last"])('is gone on behind by the next; catch_up "%s"', async (catchUp) => {
    world.putJob("job", { catch_up: catchUp });
    await recordAndDie("12:05");
    expect(world.storyOf("job")[5]).toBe("10:06-12:04 missed 119");
    await world.passTo("12:10:30");
    a?.start();
    await world.passTo("12:12:30");
    const times = world.storyOf("job").map((it) => it.split(" ")[0]);
    const after = ["12:05", "12:06", "12:07", "12:08", "12:09", "12:10", "12:11", "12:12"];
    expect(times.slice(5)).toEqual(["10:06-12:04", ...after]);
    expect(brokenRules).toEqual([]);
  });

  test("is gone on behind when there is nothing but misses", async () => {
    world.putJob("job", { schedule: "*/2 * * * *", catch_up: "none" });
    await recordAndDie("14:05");
    await world.passTo("14:11:30");
    a?.start();
    await world.passTo("14:12:30");
    expect(world.storyOf("job").slice(2)).toEqual([
      "10:06-14:04 missed 120",
      "14:06 missed",
      "14:08 missed",
      "14:10 missed",
      "14:12 ok",
    ]);
  });

  test("is gone on behind when the job was switched off meanwhile", async () => {
    world.putJob("job", { schedule: "*/2 * * * *" });
    await recordAndDie("14:05", () => world.putJob("job", { schedule: "*/2 * * * *", enabled: false }));
    await world.passTo("14:11:30");
    a?.start();
    await world.passTo("14:12:30");
    const recorded = world.recordsOf("job").slice(2);
    expect(recorded.map((it) => it.status)).toEqual(Array(recorded.length).fill("missed"));
    const covered = recorded.reduce((sum, it) => sum + ("stretch" in it ? (it.stretch?.count ?? 1) : 1), 0);
    expect(covered).toBe(123);
  });
});

describe("how far and how much is caught up", () => {
  test("is limited by catch_up_max: the newest are run", async () => {
    world.putJob("job", { ...EVERY_20, catch_up: "all", catch_up_max: 2, catch_up_window_sec: 7_200 });
    await sleepTwoHours();
    expect(world.storyOf("job").slice(3)).toEqual(["11:20 missed", "11:40 ok", "12:00 ok"]);
    expect(world.recordsOf("job")[0]).toMatchObject({ reason: expect.stringContaining("catch_up_max (2)") });
  });

  test("is limited by catch_up_window_sec, 0 of which leaves nothing that is over a minute late", async () => {
    world.putJob("wide", { ...EVERY_20, catch_up: "all", catch_up_window_sec: 5_400 });
    world.putJob("none", { ...EVERY_20, catch_up: "all", catch_up_window_sec: 0 });
    await sleepTwoHours();
    expect(world.storyOf("wide")).toEqual(["10:20 missed", "10:40 ok", "11:00 ok", "11:20 ok", "11:40 ok", "12:00 ok"]);
    expect(new Set(world.storyOf("none").map((it) => it.slice(6)))).toEqual(new Set(["missed"]));
  });

  test.each(["last", "all", "none"])(
    'does not touch what is no more than a minute late; catch_up "%s"',
    async (mode) => {
      world.putJob("job", { schedule: "6 * * * *", catch_up: mode, catch_up_window_sec: 0 });
      await world.passTo("10:05:30");
      a?.crash();
      await world.passTo("10:06:50");
      a?.start();
      await world.passTo("10:07:30");
      expect(world.storyOf("job")).toEqual(["10:06 ok"]);
    },
  );

  test('goes through overlap as well: of what "all" would run, "queue" lets one wait', async () => {
    world.target.on("/job", () => ({ afterMs: 5_000 }));
    world.putJob("job", { schedule: "*/20 * * * *", overlap: "queue", catch_up: "all" });
    await sleepTwoHours();
    expect(world.storyOf("job").slice(3)).toEqual(["11:20 ok", "11:40 ok", "12:00 skipped"]);
    const [first, second] = [world.runAt("job", "11:20"), world.runAt("job", "11:40")];
    expect(second.startAt ?? 0).toBeGreaterThanOrEqual(first.end?.endAt ?? Number.POSITIVE_INFINITY);
    expect(brokenRules).toEqual([]);
  });

  test('goes through overlap as well: of what "all" would run, "replace" leaves the newest', async () => {
    world.target.on("/job", () => ({ afterMs: 5_000 }));
    world.putJob("job", { schedule: "*/20 * * * *", overlap: "replace", catch_up: "all" });
    await sleepTwoHours();
    expect(world.storyOf("job").slice(3)).toEqual(["11:20 cancelled", "11:40 cancelled", "12:00 ok"]);
    expect(brokenRules).toEqual([]);
  });

  test("is the same for whoever leads then", async () => {
    const b = world.machine("b");
    world.putJob("job", { ...EVERY_20, catch_up: "all" });
    await world.passTo("10:05:30");
    a?.crash();
    await world.passTo("12:05:30");
    b.start();
    await world.passTo("12:06:30");
    expect(world.storyOf("job").slice(2)).toEqual(["11:00 missed", "11:20 ok", "11:40 ok", "12:00 ok"]);
    expect(new Set(world.target.arrivals.map((it) => it.machine))).toEqual(new Set(["b"]));
  });
});
