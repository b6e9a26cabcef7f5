import { beforeEach, describe, expect, test } from "vitest";
import type { JobId } from "../../src/model/job.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let a: Machine;
let b: Machine;

beforeEach(async () => {
  world = createWorld();
  const [first, second] = await world.startFleet("a", "b");
  if (first === undefined || second === undefined) throw new Error("unreachable: two machines were started");
  [a, b] = [first, second];
  await world.pass(2_000);
});

const command = (id: string, type: string, args: Readonly<Record<string, unknown>>) =>
  world.putCommand(id, { type, target: "leader", args });
const minutes = (job = "job") => world.storyOf(job).map((it) => it.slice(0, 5));

describe("a paused job", () => {
  test("is not due until it is resumed, and what lay in the pause is not made up for", async () => {
    world.putJob("job", { catch_up: "all" });
    await world.passTo("10:02:10");
    command("pause", "pause_job", { job: "job" });
    await world.passTo("10:06:10");
    command("resume", "resume_job", { job: "job" });
    await world.passTo("10:08:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok", "10:07 ok", "10:08 ok"]);
    expect(world.ackOf("pause", "leader")).toMatchObject({
      status: "ok",
      result: 'job "job" is paused until it is resumed',
    });
    expect(world.ackOf("resume", "leader")).toMatchObject({ status: "ok", result: 'job "job" is not paused any more' });
  });

  test("goes on by itself at the end of the pause, which is the first time that counts", async () => {
    world.putJob("job", { catch_up: "all" });
    await world.passTo("10:02:10");
    command("pause", "pause_job", { job: "job", until: new Date(world.timeOf("10:05")) });
    await world.passTo("10:07:30");
    expect(minutes()).toEqual(["10:01", "10:02", "10:05", "10:06", "10:07"]);
    expect(world.ackOf("pause", "leader")?.result).toContain("until 2026-03-02T10:05:00Z");
  });

  test("stays paused whatever is edited in its document", async () => {
    world.putJob("job");
    await world.passTo("10:01:10");
    command("pause", "pause_job", { job: "job", until: new Date(world.timeOf("10:05")) });
    await world.passTo("10:02:10");
    world.putJob("job", { description: "edited", schedule: "0-59 * * * *" });
    await world.passTo("10:05:30");
    expect(minutes()).toEqual(["10:01", "10:05"]);
  });

  test("loses no minute to an edit after its pause is over", async () => {
    world.putJob("job");
    command("pause", "pause_job", { job: "job", until: new Date(world.timeOf("10:02")) });
    await world.passTo("10:04:10");
    world.putJob("job", { description: "edited" });
    await world.passTo("10:07:30");
    expect(minutes()).toEqual(["10:02", "10:03", "10:04", "10:05", "10:06", "10:07"]);
  });

  test("runs nothing of the pause when the whole fleet was away for all of it", async () => {
    world.putJob("job", { catch_up: "all", overlap: "allow" });
    await world.passTo("10:01:10");
    a.crash();
    b.crash();
    world.state.pauses.set("job" as JobId, { until: world.timeOf("10:06") });
    await world.passTo("10:08:20");
    a.start();
    await world.passTo("10:09:30");
    expect(world.storyOf("job").filter((it) => it.endsWith(" ok"))).toEqual([
      "10:01 ok",
      "10:06 ok",
      "10:07 ok",
      "10:08 ok",
      "10:09 ok",
    ]);
  });

  test("is paused on every machine when it runs on all, within a minute", async () => {
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:01:30");
    command("pause", "pause_job", { job: "job", until: new Date(world.timeOf("10:04")) });
    await world.passTo("10:05:30");
    const story = world
      .recordsOf("job")
      .map((it) => `${it.scope} ${new Date(it.scheduledFor).toISOString().slice(11, 16)}`);
    expect(story.toSorted()).toEqual(["a 10:01", "a 10:04", "a 10:05", "b 10:01", "b 10:04", "b 10:05"]);
  });

  test("stays as it was told last, when the first telling comes a second time", async () => {
    world.putJob("job");
    a.network.fate("pauses.set", "reply lost", 1);
    command("1-pause", "pause_job", { job: "job" });
    await world.pass(5_000);
    command("2-resume", "resume_job", { job: "job" });
    await world.pass(2_000);
    expect(world.ackOf("1-pause", "leader")?.status).toBe("ok");
    expect(world.state.pauses.size).toBe(0);
    // The same command by an agent that saw no answer to it.
    world.state.acks.delete("1-pause:leader");
    a.crash();
    b.crash();
    b.start();
    await world.passUntil("b to answer it again", 40_000, () => world.ackOf("1-pause", "leader")?.machineId === "b");
    expect(world.state.pauses.size).toBe(0);
  });

  test("can still be run by hand", async () => {
    world.putJob("job", { schedule: "0 0 1 1 *" });
    command("1-pause", "pause_job", { job: "job" });
    command("2-run", "run_job", { job: "job" });
    await world.pass(3_000);
    expect(world.recordsOf("job").map((it) => [it.trigger, it.status])).toEqual([["manual", "ok"]]);
  });

  test("that does not exist is answered with the reason", async () => {
    command("pause", "pause_job", { job: "nothing" });
    await world.pass(2_000);
    expect(world.ackOf("pause", "leader")).toMatchObject({
      status: "failed",
      result: expect.stringContaining("no job"),
    });
  });

  test("is told in the events, with the moment and the reason", async () => {
    world.putJob("job");
    await world.passTo("10:01:10");
    command("pause", "pause_job", { job: "job" });
    await world.passTo("10:02:30");
    const changes = world.state.events.filter((it) => it.type === "job_changed").map((it) => it.facts["why"]);
    expect(changes).toEqual(["created", "paused"]);
  });
});
