import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../src/model/time.ts";
import { jitterMsOf } from "../../src/schedule/jitter.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let machines: readonly Machine[];

beforeEach(async () => {
  world = createWorld();
  brokenRules = watchSends(world);
  machines = await world.startFleet("a", "b");
});

const AT_1 = { schedule: "1 * * * *", jitter_sec: 50 };
const jitterOf = (job: string) => jitterMsOf(`${job}|2026-03-02T10:01Z|fleet`, 50_000);

describe("runs of jobs with jitter_sec", () => {
  test("are claimed at their minute, and each starts at a moment of its own that its id decides", async () => {
    const jobs = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    for (const it of jobs) world.putJob(it, AT_1);
    await world.passTo("10:01:00.100");
    for (const it of jobs) expect(world.runAt(it, "10:01")).toMatchObject({ claimedAt: world.timeOf("10:01") });
    await world.passTo("10:02");
    const startedAfter = (job: string) => (world.runAt(job, "10:01").startAt ?? 0) - world.timeOf("10:01");
    for (const it of jobs) expect(startedAfter(it)).toBe(jitterOf(it));
    expect(new Set(jobs.map(startedAfter)).size).toBe(20);
    for (const it of jobs) expect(world.runAt(it, "10:01").dueAt).toBe(world.timeOf("10:01") + jitterOf(it));
    expect(brokenRules).toEqual([]);
  });

  test("hold no slot before they start", async () => {
    world = createWorld({ runs: { maxConcurrent: 1 } });
    await world.startFleet("a");
    for (let job = 0; job < 5; job++) world.putJob(`job-${job}`, { ...AT_1, jitter_sec: 3_600 });
    world.putJob("quick", { schedule: "1 * * * *" });
    await world.passTo("10:01:00.500");
    expect(world.storyOf("quick")).toEqual(["10:01 ok"]);
  });

  test("start at the same moment when another has taken them over", async () => {
    const late = Array.from({ length: 40 }, (_, index) => `job-${index}`).filter((it) => jitterOf(it) > 30_000);
    for (const it of late) world.putJob(it, AT_1);
    await world.passTo("10:01:05");
    machines[0]?.crash();
    await world.passTo("10:02");
    expect(late.length).toBeGreaterThan(5);
    for (const it of late) {
      const run = world.runAt(it, "10:01");
      expect(run).toMatchObject({ status: "ok", claimedBy: "b" });
      expect(run.startAt).toBe(run.dueAt);
    }
    expect(world.target.arrivals).toHaveLength(late.length);
  });

  test("count as live for the next occurrence", async () => {
    const job = Array.from({ length: 40 }, (_, index) => `job-${index}`).find((it) => {
      const jitterMs = jitterMsOf(`${it}|2026-03-02T10:01Z|fleet`, 100_000);
      return jitterMs > 65_000;
    });
    if (job === undefined) throw new Error("unreachable: a third of all ids lie there");
    world.putJob(job, { schedule: "1,2 * * * *", jitter_sec: 100 });
    await world.passTo("10:02:02");
    expect(world.storyOf(job)).toEqual(["10:01 waiting", "10:02 skipped"]);
  });

  test("start at once when they are caught up after that moment", async () => {
    machines[1]?.crash();
    world.putJob("job", AT_1);
    await world.passTo("10:00:50");
    machines[0]?.crash();
    await world.passTo("10:30");
    machines[0]?.start();
    await world.passTo("10:31");
    const run = world.runAt("job", "10:01");
    expect(run.status).toBe("ok");
    expect((run.startAt ?? 0) - run.claimedAt).toBeLessThan(100);
    expect((run.startAt ?? 0) - run.dueAt).toBeGreaterThan(28 * MINUTE_MS);
  });

  test("end cancelled, unsent, when they are cancelled before", async () => {
    world.putJob("job", { ...AT_1, jitter_sec: 3_600 });
    await world.passTo("10:01:01");
    const { id, dueAt } = world.runAt("job", "10:01");
    expect(dueAt).toBeGreaterThan(world.timeOf("10:02"));
    world.putCommand("cancel", { type: "cancel_run", target: "all", args: { run: id } });
    await world.pass(15_000);
    expect(world.runAt("job", "10:01").status).toBe("cancelled");
    expect(world.target.arrivals).toEqual([]);
  });

  test("are run by command at once", async () => {
    world.putJob("job", { ...AT_1, schedule: "0 0 1 1 *", jitter_sec: 3_600 });
    world.putCommand("by-hand", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.pass(15_000);
    expect(world.recordsOf("job").map((it) => it.status)).toEqual(["ok"]);
  });
});
