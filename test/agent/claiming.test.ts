import { beforeEach, describe, expect, test } from "vitest";
import type { Arrival } from "../support/fleet-world/scripted-target.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

describe("a claim", () => {
  test("that meets the key of another starts nothing", async () => {
    const world = createWorld();
    const [a] = await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:00:59");
    if (a === undefined) throw new Error("unreachable: two machines were started");
    // a's first insert takes effect unseen and its process dies; b's meets the key and hands the run on.
    a.network.fate("claims.insert", "reply lost");
    await world.passTo("10:01:00.200");
    a.crash();
    await world.passTo("10:01:10");
    expect(world.target.arrivals).toEqual([]);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "running", claimedBy: "a" });
    await world.passTo("10:01:40");
    expect(world.target.arrivals.map((it) => [it.machine, it.attempt])).toEqual([["b", 2]]);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 1 });
  });
});

describe("the record of a run that has ended", () => {
  const DAY_MS = 86_400_000;

  test.each([
    ["as long as the config says", 3_600, 7],
    ["a day longer than its occurrence could be caught up, when that is later", 30 * 86_400, 31],
  ])("is kept %s", async (_, catch_up_window_sec, days) => {
    const world = createWorld();
    await world.startFleet("a");
    world.putJob("job", { catch_up_window_sec });
    await world.passTo("10:01:30");
    const { end, scheduledFor, keepMs = 0 } = world.runAt("job", "10:01");
    const from = days === 7 ? end?.endAt : scheduledFor;
    expect((end?.endAt ?? 0) + keepMs).toBe((from ?? 0) + days * DAY_MS);
  });
});

describe("a round of planning that is repeated because MongoDB did not answer", () => {
  test.each([0, 2])("leaves the runs it has started alone; retries %i", async (retries) => {
    const world = createWorld();
    const [a] = await world.startFleet("a");
    world.target.on("/job", () => ({ afterMs: 8_000 }));
    world.putJob("job", { overlap: "allow", retry: { retries } });
    await world.passTo("10:00:59");
    a?.network.fate("fleetCursors.move", "request lost", 1);
    await world.passTo("10:01:50");
    expect(world.target.arrivals).toHaveLength(1);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0 });
  });
});

describe("an earlier run that is still going", () => {
  let world: World;

  beforeEach(async () => {
    world = createWorld();
    await world.startFleet("a", "b");
    world.target.on("/slow", ({ minute }) => ({ afterMs: minute === "10:01" ? 90_000 : 100 }));
  });

  test('makes the next occurrence skipped when overlap is "skip", with the reason', async () => {
    world.putJob("slow", { timeout_sec: 120 });
    await world.passTo("10:03:30");
    expect(world.storyOf("slow")).toEqual(["10:01 ok", "10:02 skipped", "10:03 ok"]);
    expect(world.recordsOf("slow")[1]).toMatchObject({
      reason: expect.stringContaining("an earlier run of this job was still going (slow|2026-03-02T10:01Z|fleet)"),
    });
  });

  test('does not matter when overlap is "allow"', async () => {
    world.putJob("slow", { timeout_sec: 120, overlap: "allow" });
    await world.passTo("10:03:30");
    expect(world.storyOf("slow")).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    expect(world.target.arrivals.map((it) => it.minute)).toEqual(["10:01", "10:02", "10:03"]);
  });

  test("is seen by a new leader too", async () => {
    world = createWorld();
    const [a] = await world.startFleet("a", "b");
    world.target.on("/slow", () => ({ afterMs: 80_000 }));
    world.putJob("slow", { timeout_sec: 120, retry: { retries: 5 } });
    await world.passTo("10:01:10");
    a?.crash();
    await world.passTo("10:02:30");
    expect(world.storyOf("slow")).toEqual(["10:01 running", "10:02 skipped"]);
  });

  test("does not hold up a run by command, nor does that one hold up the schedule", async () => {
    world.putJob("slow", { timeout_sec: 120 });
    await world.passTo("10:01:10");
    world.putCommand("by-hand", { type: "run_job", target: "leader", args: { job: "slow" } });
    world.target.on("/slow", ({ minute }) => ({ afterMs: minute === "10:01" ? 110_000 : 100 }));
    await world.passTo("10:03:30");
    const byHand = world.recordsOf("slow").filter((it) => it.trigger === "manual");
    expect(byHand).toHaveLength(1);
    expect(world.storyOf("slow").filter((it) => it.startsWith("10:03"))).toEqual(["10:03 ok"]);
  });

  test("of one machine does not hold up the others", async () => {
    world.putJob("slow", { timeout_sec: 120, run_on: "all" });
    world.target.on("/slow", ({ machine, minute }) => ({
      afterMs: machine === "a" && minute === "10:01" ? 90_000 : 100,
    }));
    await world.passTo("10:02:30");
    const at2 = world.recordsOf("slow").filter((it) => it.scheduledFor === world.timeOf("10:02"));
    expect(at2.map((it) => `${it.scope} ${it.status}`).sort()).toEqual(["a skipped", "b ok"]);
  });
});

describe("max_concurrent", () => {
  test("holds at every moment, and what waits starts in the order of the due times", async () => {
    const world = createWorld({ runs: { maxConcurrent: 3 } });
    const brokenRules = watchSends(world);
    await world.startFleet("a");
    for (let job = 0; job < 18; job++) {
      const isEarly = job < 12;
      world.putJob(`${isEarly ? "early" : "late"}-${job}`, {
        schedule: isEarly ? "1 * * * *" : "2 * * * *",
        url: "http://target.test/x",
        timeout_sec: 60,
      });
    }
    let underWay = 0;
    let most = 0;
    const rules = world.target.onArrival;
    const ends: number[] = [];
    world.target.onArrival = (arrival: Arrival) => {
      rules(arrival);
      underWay = ends.filter((it) => it > arrival.at).length + 1;
      most = Math.max(most, underWay);
    };
    world.target.on("/x", ({ at }) => {
      const afterMs = between(world.chance, 14_000, 30_000);
      ends.push(at + afterMs);
      return { afterMs };
    });
    await world.passTo("10:01:30");
    expect(world.storyOf("early-11")).toEqual(["10:01 waiting"]);
    expect(world.runAt("early-11", "10:01").steps).toEqual([]);
    await world.passTo("10:05:30");
    expect(most).toBe(3);
    const minutes = world.target.arrivals.map((it) => it.minute);
    expect(minutes).toEqual([...Array(12).fill("10:01"), ...Array(6).fill("10:02")]);
    expect([...world.state.runs.values()].every((it) => it.status === "ok")).toBe(true);
    expect(brokenRules).toEqual([]);
  });
});

describe("a slot of max_concurrent", () => {
  test("is free for others while its run waits for its next attempt, and the limit holds", async () => {
    const world = createWorld({ runs: { maxConcurrent: 2 } });
    const brokenRules = watchSends(world);
    await world.startFleet("a");
    const retry = { retries: 3, delay_sec: 20, backoff: 1 };
    for (let job = 0; job < 12; job++)
      world.putJob(`fails-${job}`, { schedule: "1 * * * *", url: "http://target.test/fails", retry });
    world.putJob("quick", { schedule: "1 * * * *", url: "http://target.test/quick" });
    world.putJob("later", { schedule: "2 * * * *", url: "http://target.test/later" });
    let most = 0;
    const ends: number[] = [];
    const answer = (at: number, status: number) => {
      ends.push(at + 500);
      most = Math.max(most, ends.filter((it) => it > at).length);
      return { afterMs: 500, status };
    };
    world.target.on("/fails", ({ at }) => answer(at, 503));
    world.target.on("/quick", ({ at }) => answer(at, 200));
    await world.passTo("10:01:07");
    expect(world.target.at("/fails")).toHaveLength(12);
    expect(world.storyOf("quick")).toEqual(["10:01 ok"]);
    await world.passTo("10:02:10");
    expect(world.storyOf("later")).toEqual(["10:02 ok"]);
    await world.passTo("10:03:30");
    for (let job = 0; job < 12; job++) expect(world.runAt(`fails-${job}`, "10:01").status).toBe("error");
    expect(world.target.at("/fails")).toHaveLength(48);
    expect(most).toBe(2);
    expect(brokenRules).toEqual([]);
  });

  test("goes to who has been due for longest, be it a first attempt or a further one", async () => {
    const world = createWorld({ runs: { maxConcurrent: 1 } });
    await world.startFleet("a");
    const retry = { retries: 1, delay_sec: 10, backoff: 1 };
    world.putJob("fails", { schedule: "1 * * * *", retry });
    world.putJob("hog", { schedule: "1 * * * *", timeout_sec: 100 });
    world.putJob("minute-2", { schedule: "2 * * * *" });
    world.target.on("/fails", (_, nth) => ({ status: nth === 1 ? 503 : 200, afterMs: 100 }));
    world.target.on("/hog", () => ({ afterMs: 75_000 }));
    await world.passTo("10:03");
    expect(world.target.arrivals.map((it) => `${it.path} ${it.attempt}`)).toEqual([
      "/fails 1",
      "/hog 1",
      "/fails 2",
      "/minute-2 1",
    ]);
  });

  test("that is given away does not make the run look ended: it counts as running on its machine", async () => {
    const world = createWorld();
    await world.startFleet("a");
    world.putJob("fails", { schedule: "1 * * * *", retry: { retries: 1, delay_sec: 50 } });
    world.target.on("/fails", () => ({ status: 503 }));
    await world.passTo("10:01:40");
    expect(world.state.machines.get("a")?.running).toBe(1);
  });
});
