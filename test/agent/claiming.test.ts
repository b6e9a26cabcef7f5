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
