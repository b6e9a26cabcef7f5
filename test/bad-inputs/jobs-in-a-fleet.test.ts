import { Decimal128, Long } from "mongodb";
import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.startFleet("a", "b");
});

/** One document of each kind that the rows name, none of which can be run. */
const BAD_JOBS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "row 1": { schedule: undefined, minute: "five" },
  "row 3": { schedule: undefined, minute: Number.NaN },
  "row 3 too": { schedule: undefined, minute: Decimal128.fromString("5.5") },
  "row 4": { schedule: undefined, hour: 24 },
  "row 5": { schedule: undefined, minute: Long.MAX_VALUE },
  "row 6": { schedule: undefined, schedules: Array(10_000).fill("* * * * *") },
  "row 7": { actions: [{ type: "http", url: "http://target.test/" }], url: "http://target.test/" },
  "row 8": { url: null },
  "row 9": { tz: "+09:00" },
  "row 11": { schedule: "0 0 31 2 *" },
  "row 12": { enabled: "true" },
  "row 13": { timeoutsec: 5 },
  "row 14": { headers: Object.defineProperty({}, "__proto__", { value: "x", enumerable: true }) },
  "row 16": { headers: { "X-A": "a\r\nX-B: b" } },
  "row 22": { retry: { retries: 1e9 } },
  "row 23": { timeout_sec: 0 },
};

describe("jobs that can't be run", () => {
  test("stop no other, are shown as invalid, and are named once per content in the log of each machine", async () => {
    for (const [id, fields] of Object.entries(BAD_JOBS)) world.putJob(id, fields);
    world.putJob("good");
    await world.passTo("10:03:30");
    expect(world.storyOf("good")).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    const namedBy = (machine: string) =>
      world.log
        .filter((it) => it.machine === machine && it.facts["event"] === "job_invalid")
        .map((it) => String(it.facts["job_id"]));
    for (const id of Object.keys(BAD_JOBS)) {
      expect(world.storyOf(id)).toEqual([]);
      expect(world.state.jobStates.get(id)?.health?.valid).toBe(false);
    }
    for (const machine of ["a", "b"]) expect(namedBy(machine).toSorted()).toEqual(Object.keys(BAD_JOBS).toSorted());
    // Another content is another problem; one that was there before is not told again.
    world.putJob("row 4", { schedule: undefined, hour: 25 });
    await world.passTo("10:04:30");
    world.putJob("row 4", BAD_JOBS["row 4"]);
    await world.passTo("10:05:30");
    expect(namedBy("a").filter((it) => it === "row 4")).toHaveLength(2);
    expect(world.storyOf("good").at(-1)).toBe("10:05 ok");
  });

  test("run as soon as they are mended, and stop no sooner than they are broken", async () => {
    world.putJob("job", { schedule: "often" });
    await world.passTo("10:02:30");
    world.putJob("job");
    await world.passTo("10:04:30");
    world.putJob("job", { retry: { retries: -1 } });
    await world.passTo("10:06:30");
    expect(world.storyOf("job")).toEqual(["10:03 ok", "10:04 ok"]);
  });

  test("row 17: two jobs of one name are two jobs", async () => {
    world.putJob("first", { name: "twice" });
    world.putJob("second", { name: "twice" });
    await world.passTo("10:02:30");
    for (const id of ["first", "second"]) expect(world.storyOf(id)).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("row 19: a template that nothing defines ends its step before any send, and no attempt is used", async () => {
    const url = "http://target.test/{{UNKNOWN}}";
    world.putJob("job", { url, retry: { retries: 5, delay_sec: 1 } });
    await world.passTo("10:01:30");
    const run = world.runAt("job", "10:01");
    expect(run).toMatchObject({ status: "error" });
    expect(run.steps).toMatchObject([
      { status: "error", attempts: 0, error: expect.stringContaining("{{UNKNOWN}} is not among the secrets") },
    ]);
    expect(world.target.arrivals).toEqual([]);
  });
});

describe("row 28: a job that changes while it runs", () => {
  const CHANGES: readonly (readonly [string, (it: World) => void, readonly string[]])[] = [
    ["deleted", (it) => it.removeJob("job"), []],
    ["disabled", (it) => it.putJob("job", { enabled: false }), []],
    ["made invalid", (it) => it.putJob("job", { schedule: "often" }), []],
    ["edited", (it) => it.putJob("job", { url: "http://target.test/edited" }), ["/edited"]],
  ];
  test.each(CHANGES)(
    "by being %s: the run ends as it began, the next minute goes by the change",
    async (_, change, next) => {
      const step = (path: string) => ({ type: "http", url: `http://target.test/${path}` });
      world.putJob("job", { actions: [step("first"), step("second")], timeout_sec: 60 });
      world.target.on("/first", () => ({ afterMs: 30_000 }));
      await world.passTo("10:01:05");
      change(world);
      await world.passTo("10:02:30");
      expect(world.storyOf("job").slice(0, 1)).toEqual(["10:01 ok"]);
      expect(world.target.arrivals.map((it) => it.path)).toEqual(["/first", "/second", ...next]);
    },
  );
});

test("row 29: a schedule that is changed at half past so that the minute before matches runs nothing of the past", async () => {
  world.putJob("job", { schedule: "0 0 * * *" });
  await world.passTo("10:05:30");
  world.putJob("job", { schedule: "5 10 * * *" });
  await world.passTo("10:07:30");
  world.putJob("job", { schedule: "5,8 10 * * *" });
  await world.passTo("10:09:30");
  expect(world.storyOf("job")).toEqual(["10:08 ok"]);
});

test("row 30: a year away with catch_up all runs no more than the window and catch_up_max let through", async () => {
  const all = { catch_up: "all", overlap: "allow" };
  const year = 366 * 86_400;
  world = createWorld();
  const [only] = await world.startFleet("only");
  world.putJob("window", { ...all, catch_up_window_sec: 300 });
  world.putJob("most", { ...all, catch_up_window_sec: year, catch_up_max: 7 });
  world.putJob("default", all);
  await world.passTo("10:01:30");
  only?.crash();
  await world.pass((year - 3_600) * 1_000);
  only?.start();
  await world.pass(120_000);
  const sent = (job: string) => world.target.at(`/${job}`).length;
  const missed = (job: string) => world.storyOf(job).filter((it) => it.includes("missed"));
  // Each: 10:01 before it; the late ones; 9:01, where it is not among these, 9:02 and 9:03.
  expect(sent("window")).toBe(1 + 5 + 2);
  expect(sent("most")).toBe(1 + 7 + 3);
  expect(sent("default")).toBe(1 + 60 + 2);
  for (const job of ["window", "most", "default"])
    expect(missed(job)).toEqual([expect.stringMatching(/^10:02-08:\d\d missed 5269\d\d$/)]);
});
