import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let machines: readonly Machine[];

beforeEach(async () => {
  world = createWorld();
  machines = await world.startFleet("a", "b");
});

const calls = (job: string) => ({ actions: [{ type: "job", job }] });
const isValid = (job: string) => world.state.jobStates.get(job)?.health?.valid;
const problemsOf = (job: string) => world.state.jobStates.get(job)?.health?.problems.map((it) => it.message);
const toldOf = (job: string, machine: string) =>
  world.log.filter((it) => {
    return it.machine === machine && it.facts["event"] === "job_invalid" && it.facts["job_id"] === job;
  });

describe("jobs that call each other in a circle", () => {
  test("are invalid, are told once by each machine, and stop no other", async () => {
    world.putJob("first", calls("second"));
    world.putJob("second", calls("first"));
    world.putJob("good");
    await world.passTo("10:03:30");
    expect(world.storyOf("good")).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    for (const job of ["first", "second"]) {
      expect(world.storyOf(job)).toEqual([]);
      expect(isValid(job)).toBe(false);
      for (const machine of ["a", "b"]) expect(toldOf(job, machine)).toHaveLength(1);
    }
    expect(problemsOf("first")).toEqual(["calls itself: first -> second -> first; take one of these calls away"]);
  });

  test("become so, and valid again, when another one is changed", async () => {
    world.putJob("first", calls("second"));
    world.putJob("second");
    await world.passTo("10:01:30");
    expect([isValid("first"), isValid("second")]).toEqual([true, true]);
    world.putJob("second", calls("first"));
    await world.passTo("10:03:30");
    expect([isValid("first"), isValid("second")]).toEqual([false, false]);
    expect(toldOf("first", "a")).toHaveLength(1);
    world.putJob("second");
    await world.passTo("10:05:30");
    expect([isValid("first"), isValid("second")]).toEqual([true, true]);
    // What was due while they were not valid is not made up for, as with any job that is off.
    expect(world.recordsOf("first").map((it) => new Date(it.scheduledFor).toISOString().slice(11, 16))).toEqual([
      "10:01",
      "10:04",
      "10:05",
    ]);
  });

  test("are told again when it becomes another circle", async () => {
    world.putJob("first", calls("second"));
    world.putJob("second", calls("first"));
    await world.passTo("10:01:30");
    world.putJob("second", calls("third"));
    world.putJob("third", calls("first"));
    await world.passTo("10:03:30");
    expect(toldOf("first", "a").map((it) => it.facts["problems"])).toEqual([
      ["/actions/0/job calls itself: first -> second -> first; take one of these calls away"],
      ["/actions/0/job calls itself: first -> second -> third -> first; take one of these calls away"],
    ]);
    expect(problemsOf("first")).toEqual([
      "calls itself: first -> second -> third -> first; take one of these calls away",
    ]);
  });

  test("are no longer when one of them is removed; the other is warned about", async () => {
    world.putJob("first", { ...calls("second"), enabled: false });
    world.putJob("second", calls("first"));
    await world.passTo("10:01:30");
    world.removeJob("second");
    await world.passTo("10:02:30");
    expect(isValid("first")).toBe(true);
    expect(problemsOf("first")).toEqual(['no job has the id or name "second"; the step fails until there is one']);
  });

  test("go on with a run that is under way, as its revision was, also on another machine", async () => {
    world.putJob("first", {
      schedule: "1 * * * *",
      actions: [
        { type: "http", url: "http://target.test/slow" },
        { type: "http", url: "http://target.test/after" },
      ],
      finally: [{ type: "job", job: "second" }],
    });
    world.putJob("second", { enabled: false });
    world.target.on("/slow", (_, nth) => (nth === 1 ? "hangs" : {}));
    await world.passUntil("the send", 60_000, () => world.target.arrivals.length === 1);
    world.putJob("second", { enabled: false, ...calls("first") });
    const sender = machines.find((it) => it.name === world.target.arrivals[0]?.machine);
    sender?.crash();
    await world.passUntil("the other step", 60_000, () => world.target.at("/after").length === 1);
    await world.passUntil("the end", 60_000, () => world.runAt("first", "10:01").status !== "running");
    expect(isValid("first")).toBe(false);
    const { takeovers, steps } = world.runAt("first", "10:01");
    expect(takeovers).toBe(1);
    expect(steps[0]).toMatchObject({ status: "ok", attempts: 2 });
    // The other job is called no more: it is invalid.
    expect(steps.at(-1)).toMatchObject({ status: "error" });
  });
});
