import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let machines: readonly Machine[];

async function begin(options: Parameters<typeof createWorld>[0] = {}, ...names: readonly string[]): Promise<void> {
  world = createWorld(options);
  brokenRules = watchSends(world);
  machines = await world.startFleet(...names);
  // The run of 10:01 takes 90 s and a half, all others a tenth of a second.
  world.target.on("/job", ({ minute }) => ({ afterMs: minute === "10:01" ? 90_500 : 100 }));
}

beforeEach(() => begin({}, "a", "b"));

const QUEUE = { overlap: "queue", timeout_sec: 200 };
const REPLACE = { overlap: "replace", timeout_sec: 200 };

const minuteAndTime = () =>
  world.target.at("/job").map((it) => `${it.minute} at ${new Date(it.at).toISOString().slice(11, 19)}`);

describe('overlap "queue"', () => {
  test("lets one occurrence wait for the run that goes, and starts it as soon as that has ended", async () => {
    world.putJob("job", QUEUE);
    await world.passTo("10:02:29");
    expect(world.storyOf("job")).toEqual(["10:01 running", "10:02 waiting"]);
    expect(world.runAt("job", "10:02").steps).toEqual([]);
    await world.passTo("10:02:31");
    expect(minuteAndTime()).toEqual(["10:01 at 10:01:00", "10:02 at 10:02:30"]);
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
    expect(brokenRules).toEqual([]);
  });

  test("skips further occurrences while one waits, with the reason", async () => {
    world.target.on("/job", ({ minute }) => ({ afterMs: minute === "10:01" ? 190_000 : 100 }));
    world.putJob("job", QUEUE);
    await world.passTo("10:05:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok", "10:03 skipped", "10:04 skipped", "10:05 ok"]);
    expect(world.recordsOf("job")[2]).toMatchObject({
      reason:
        "an earlier run of this job was still going (job|2026-03-02T10:01Z|fleet) and another waits for it already " +
        '(job|2026-03-02T10:02Z|fleet); overlap is "queue"',
    });
  });

  test("holds no slot while it waits", async () => {
    await begin({ runs: { maxConcurrent: 2 } }, "a");
    world.putJob("job", QUEUE);
    world.putJob("other", { schedule: "2 * * * *" });
    await world.passTo("10:02:10");
    expect(world.storyOf("job")).toEqual(["10:01 running", "10:02 waiting"]);
    expect(world.storyOf("other")).toEqual(["10:02 ok"]);
  });

  test("waits for a run on another machine, at most a second longer than that takes", async () => {
    world.putJob("job", QUEUE);
    await world.passTo("10:01:30");
    const [a] = machines;
    a?.requestStop();
    world.target.on("/job", ({ minute, at }) => ({
      afterMs: minute === "10:01" ? world.timeOf("10:02:20") - at : 100,
    }));
    await world.passTo("10:01:50");
    expect(world.runAt("job", "10:01").claimedBy).toBe("b");
    a?.start();
    await world.passUntil("a to lead", 5_000, () => world.leader() === "a");
    await world.passTo("10:02:19");
    expect(world.runAt("job", "10:02")).toMatchObject({ status: "waiting", claimedBy: "a" });
    await world.passTo("10:02:22");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("goes on waiting with whoever takes it over", async () => {
    world.putJob("job", { ...QUEUE, retry: { retries: 3 } });
    world.target.on("/job", ({ minute, machine }) =>
      minute === "10:01" ? (machine === "a" ? "hangs" : { afterMs: 40_000 }) : { afterMs: 100 },
    );
    await world.passTo("10:02:10");
    expect(world.storyOf("job")).toEqual(["10:01 running", "10:02 waiting"]);
    machines[0]?.crash();
    await world.passUntil("the first to be taken over", 20_000, () => world.target.at("/job").length === 2);
    await world.pass(39_000);
    expect(world.storyOf("job").slice(0, 2)).toEqual(["10:01 running", "10:02 waiting"]);
    expect(world.runAt("job", "10:02")).toMatchObject({ claimedBy: "b", takeovers: 1 });
    await world.pass(3_000);
    expect(world.storyOf("job").slice(0, 2)).toEqual(["10:01 ok", "10:02 ok"]);
    expect(brokenRules).toEqual([]);
  });

  test("ends cancelled when it is cancelled while it waits, and sends nothing", async () => {
    world.putJob("job", QUEUE);
    await world.passTo("10:02:05");
    const { id } = world.runAt("job", "10:02");
    world.putCommand("cancel", { type: "cancel_run", target: "leader", args: { run: id } });
    await world.pass(12_000);
    expect(world.runAt("job", "10:02")).toMatchObject({
      status: "cancelled",
      end: { reason: "cancelled by a command" },
    });
    expect(minuteAndTime()).toEqual(["10:01 at 10:01:00"]);
  });

  test("is the business of each machine alone when the job runs on all", async () => {
    world.target.on("/job", ({ minute, machine }) => ({
      afterMs: minute === "10:01" && machine === "a" ? 90_500 : 100,
    }));
    world.putJob("job", { ...QUEUE, run_on: "all" });
    await world.passTo("10:02:10");
    const at2 = world.recordsOf("job").filter((it) => it.scheduledFor === world.timeOf("10:02"));
    expect(at2.map((it) => `${it.scope} ${it.status}`).sort()).toEqual(["a waiting", "b ok"]);
    await world.passTo("10:02:40");
    expect(new Set(world.recordsOf("job").map((it) => it.status))).toEqual(new Set(["ok"]));
  });

  test("runs by command neither wait nor are waited for", async () => {
    world.putJob("job", QUEUE);
    await world.passTo("10:01:20");
    world.putCommand("by-hand", { type: "run_job", target: "leader", args: { job: "job" } });
    world.target.on("/job", () => ({ afterMs: 150_000 }));
    await world.passTo("10:01:40");
    expect(world.recordsOf("job").map((it) => `${it.trigger} ${it.status}`)).toEqual([
      "schedule running",
      "manual running",
    ]);
    await world.passTo("10:02:32");
    expect(world.storyOf("job").at(-1)).toBe("10:02 running");
  });

  test("never runs two of a job at once when the look at earlier runs fails for a while", async () => {
    world.putJob("job", QUEUE);
    await world.passTo("10:02:05");
    machines[0]?.network.fate("claims.liveRuns", "request lost", 12);
    await world.passTo("10:03:30");
    const [first, second] = world.recordsOf("job");
    if (first === undefined || !("end" in first) || second === undefined || !("startAt" in second))
      throw new Error("no runs");
    expect(second.startAt ?? 0).toBeGreaterThanOrEqual(first.end?.endAt ?? Number.POSITIVE_INFINITY);
    expect(brokenRules).toEqual([]);
  });
});

describe('overlap "replace"', () => {
  test("cancels the run that goes, and starts when it has ended", async () => {
    world.putJob("job", REPLACE);
    await world.passTo("10:02:03");
    expect(world.storyOf("job")).toEqual(["10:01 cancelled", "10:02 ok"]);
    const [first, second] = [world.runAt("job", "10:01"), world.runAt("job", "10:02")];
    expect(first.end?.reason).toBe(`replaced by a later run of this job (${second.id}); overlap is "replace"`);
    expect(second.startAt ?? 0).toBeGreaterThanOrEqual(first.end?.endAt ?? Number.POSITIVE_INFINITY);
    // What was wanted is no warning, and the log claims no other reason than the record has.
    expect(world.log.filter((it) => it.facts["run"] === first.id && it.facts["event"] === "run_ended")).toMatchObject([
      {
        level: "info",
        facts: { result: "cancelled", reason: "somebody asked for it; the record of the run says why" },
      },
    ]);
    expect(brokenRules).toEqual([]);
  });

  test("cancels a run on another machine within its next scan", async () => {
    world.putJob("job", REPLACE);
    await world.passTo("10:01:30");
    machines[0]?.requestStop();
    world.target.on("/job", ({ minute }) => ({ afterMs: minute === "10:01" ? 100_000 : 100 }));
    await world.passTo("10:01:50");
    machines[0]?.start();
    await world.passUntil("a to lead", 5_000, () => world.leader() === "a");
    expect(world.runAt("job", "10:01").claimedBy).toBe("b");
    await world.passTo("10:02:04");
    expect(world.storyOf("job")).toEqual(["10:01 cancelled", "10:02 ok"]);
    expect(world.runAt("job", "10:02").claimedBy).toBe("a");
  });

  test("replaces one that has not begun as well, which then never starts", async () => {
    await begin({ runs: { maxConcurrent: 1 } }, "a");
    world.putJob("hog", { schedule: "1 * * * *", timeout_sec: 300 });
    world.target.on("/hog", () => ({ afterMs: 150_000 }));
    world.putJob("job", { ...REPLACE, schedule: "2,3 * * * *" });
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:02 waiting"]);
    await world.passTo("10:03:40");
    expect(world.storyOf("job")).toEqual(["10:02 cancelled", "10:03 ok"]);
    expect(minuteAndTime().map((it) => it.slice(0, 5))).toEqual(["10:03"]);
  });

  test("is carried out by whoever takes the newcomer over", async () => {
    world.putJob("job", { ...REPLACE, retry: { retries: 3 } });
    await world.passTo("10:01:59");
    const [a] = machines;
    a?.network.fate("takeovers.requestCancel", "request lost");
    await world.passTo("10:02:03");
    expect(world.storyOf("job")).toEqual(["10:01 running", "10:02 waiting"]);
    a?.crash();
    await world.passTo("10:02:30");
    expect(world.storyOf("job")).toEqual(["10:01 cancelled", "10:02 ok"]);
    expect(brokenRules).toEqual([]);
  });

  test("leaves runs by command alone", async () => {
    world.putJob("job", { ...REPLACE, schedule: "2 * * * *" });
    world.target.on("/job", () => ({ afterMs: 60_000 }));
    world.putCommand("by-hand", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.passTo("10:03:30");
    expect(world.recordsOf("job").map((it) => `${it.trigger} ${it.status}`)).toEqual(["manual ok", "schedule ok"]);
  });
});
