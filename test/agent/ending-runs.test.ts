import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.startFleet("a", "b");
});

const TWO_STEPS = {
  schedule: "1 * * * *",
  timeout_sec: 600,
  actions: ["first", "second"].map((name) => ({ type: "http", name, url: `http://target.test/${name}` })),
};
const cancel = (run: string, target: string) =>
  world.putCommand("cancel", { type: "cancel_run", target, args: { run } });

describe("cancelling", () => {
  test.each(["a", "b"])("breaks a run off within two seconds, when asked of %s", async (target) => {
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => "hangs");
    await world.passTo("10:01:10");
    const { id } = world.runAt("job", "10:01");
    cancel(id, target);
    await world.passUntil("the end", 2_100, () => world.runAt("job", "10:01").status === "cancelled");
    expect(world.runAt("job", "10:01")).toMatchObject({
      end: { reason: "cancelled by a command" },
      steps: [{ status: "unknown", attempts: 1 }],
    });
    expect(world.ackOf("cancel", target)).toMatchObject({ status: "ok" });
    await world.pass(30_000);
    expect(world.target.arrivals).toHaveLength(1);
  });

  test("ends a run that waits for a slot without sending anything", async () => {
    world = createWorld({ runs: { maxConcurrent: 1 } });
    await world.startFleet("a");
    world.target.on("/first", () => "hangs");
    world.putJob("long", TWO_STEPS);
    world.putJob("waits", TWO_STEPS);
    await world.passTo("10:01:10");
    expect(world.runAt("waits", "10:01").status).toBe("waiting");
    cancel(world.runAt("waits", "10:01").id, "leader");
    await world.passUntil("the end", 2_100, () => world.runAt("waits", "10:01").status === "cancelled");
    expect(world.target.arrivals).toHaveLength(1);
  });

  test("of what has ended, or never was, is refused with the reason", async () => {
    world.putJob("job", TWO_STEPS);
    await world.passTo("10:01:10");
    cancel(world.runAt("job", "10:01").id, "leader");
    world.putCommand("other", { type: "cancel_run", target: "leader", args: { run: "nothing" } });
    await world.pass(1_000);
    expect(world.ackOf("cancel", "leader")).toMatchObject({
      status: "failed",
      result: expect.stringContaining("ended"),
    });
    expect(world.ackOf("other", "leader")).toMatchObject({ status: "failed", result: 'there is no run "nothing"' });
    expect(world.runAt("job", "10:01").status).toBe("ok");
  });
});

describe("run_timeout_sec", () => {
  test("ends a run with an error, its request broken off", async () => {
    world.putJob("job", { ...TWO_STEPS, run_timeout_sec: 30 });
    world.target.on("/second", () => "hangs");
    await world.passTo("10:01:29");
    expect(world.runAt("job", "10:01").status).toBe("running");
    await world.passTo("10:01:31");
    expect(world.runAt("job", "10:01")).toMatchObject({
      status: "error",
      end: { reason: "run timed out after 30 s" },
      steps: [{ status: "ok" }, { status: "unknown" }],
    });
  });

  test("counts from the first start, also at another agent", async () => {
    world = createWorld();
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...TWO_STEPS, run_timeout_sec: 30 });
    world.target.on("/second", () => "hangs");
    await world.passTo("10:01:05");
    a?.crash();
    await world.passTo("10:01:29");
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "running", takeovers: 1 });
    await world.passTo("10:01:32");
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "error", end: { reason: "run timed out after 30 s" } });
  });

  test("does not count the time for which a run waited for a slot", async () => {
    world = createWorld({ runs: { maxConcurrent: 1 } });
    await world.startFleet("a");
    world.putJob("long", { ...TWO_STEPS, run_timeout_sec: 40 });
    world.putJob("waits", { ...TWO_STEPS, run_timeout_sec: 20 });
    world.target.on("/first", (_, nth) => (nth === 1 ? "hangs" : { afterMs: 15_000 }));
    await world.passTo("10:02:30");
    expect(world.storyOf("long")).toEqual(["10:01 error"]);
    expect(world.storyOf("waits")).toEqual(["10:01 ok"]);
  });
});

describe("what a run came to", () => {
  test("is noted with its job: the last result, the last success, the failures in a row", async () => {
    world.putJob("job", { retry: { retries: 0 } });
    world.target.on("/job", ({ minute }) => ({ status: minute === "10:01" ? 200 : 500 }));
    await world.passTo("10:03:30");
    expect(world.state.jobStates.get("job")).toMatchObject({ lastRun: { status: "error" }, failuresInRow: 2 });
    expect(world.state.jobStates.get("job")?.lastSuccessAt).toBe(world.timeOf("10:01"));
  });

  test("is noted too when it was given up for its dead agent", async () => {
    world = createWorld();
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { ...TWO_STEPS, on_agent_loss: "fail" });
    world.target.on("/first", () => "hangs");
    await world.passTo("10:01:05");
    a?.crash();
    await world.passTo("10:01:30");
    expect(world.state.jobStates.get("job")).toMatchObject({ lastRun: { status: "interrupted" }, failuresInRow: 1 });
  });
});
