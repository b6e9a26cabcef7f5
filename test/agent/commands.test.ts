import { beforeEach, describe, expect, test } from "vitest";
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
  // Until every machine has said that it joined.
  await world.pass(2_000);
});

const acks = (command: string) =>
  [...world.state.acks.values()]
    .filter((it) => it.command === command && it.key !== "seen")
    .map((it) => `${it.key} ${it.status}`)
    .sort();
const seenAs = (command: string) => world.ackOf(command, "seen")?.status;

describe("a command", () => {
  test.each([
    ["all", ["a ok", "b ok"]],
    ["leader", ["leader ok"]],
    ["a", ["a ok"]],
    ["b.example", ["b ok"]],
    [2, ["serial:2 ok"]],
  ])("to %s is answered by its target alone, within two seconds", async (target, expected) => {
    world.putCommand("ping", { type: "ping", target });
    await world.pass(2_000);
    expect(acks("ping")).toEqual(expected);
    await world.pass(60_000);
    expect(acks("ping")).toEqual(expected);
  });

  test("reaches its targets within the poll and a second when no changes are heard", async () => {
    world.state.changesLive = false;
    world.putCommand("ping", { type: "ping", target: "all" });
    await world.pass(11_000);
    expect(acks("ping")).toEqual(["a ok", "b ok"]);
  });

  test.each([undefined, "yesterday", 7, new Date(0), new Date("2999-01-01")])(
    "row 39: counts from its first sight, whatever created_at says (%s)",
    async (createdAt) => {
      world.putCommand("ping", { type: "ping", target: "all", created_at: createdAt });
      await world.pass(2_000);
      expect(acks("ping")).toEqual(["a ok", "b ok"]);
    },
  );

  test.each([
    [{ type: "pong", target: "all" }, "unknown command type"],
    [{ type: "ping", target: "nowhere" }, 'no machine has the id or hostname "nowhere"'],
    [{ type: "run_job", target: "leader" }, "/args/job is missing"],
  ])("row 37: that makes no sense is rejected once, with a reason: %o", async (fields, reason) => {
    world.putCommand("wrong", fields);
    world.putCommand("right", { type: "ping", target: "all" });
    await world.pass(2_000);
    expect(world.ackOf("wrong", "seen")).toMatchObject({ status: "rejected", result: expect.stringContaining(reason) });
    expect(acks("wrong")).toEqual([]);
    expect(acks("right")).toEqual(["a ok", "b ok"]);
  });

  test("that was rejected is warned of once in the fleet, and by no later start again", async () => {
    const warnings = () => world.log.filter((it) => it.level === "warn" && it.facts["event"] === "command_rejected");
    world.putCommand("wrong", { type: "pong", target: "all" });
    world.putCommand("lost", { type: "ping", target: "nowhere" });
    await world.pass(30_000);
    expect(warnings().map((it) => it.facts["command"])).toEqual(["wrong", "lost"]);
    b.crash();
    b.start();
    world.machine("c").start();
    await world.pass(30_000);
    expect(warnings()).toHaveLength(2);
  });

  test("is not for machines that joined after its first sight", async () => {
    world.putCommand("ping", { type: "ping", target: "all" });
    await world.pass(2_000);
    world.machine("c").start();
    await world.pass(30_000);
    expect(acks("ping")).toEqual(["a ok", "b ok"]);
  });

  test("waits for a target that is away, and is expired when that one comes back too late", async () => {
    b.crash();
    world.putCommand("ping", { type: "ping", target: "b" });
    world.putCommand("stop", { type: "stop", target: "b" });
    world.putCommand("short", { type: "ping", target: "b", expires_at: new Date(world.timeOf("10:05")) });
    await world.passTo("10:12:00");
    b.start();
    await world.pass(5_000);
    expect(["ping", "stop", "short"].map(acks)).toEqual([["b ok"], ["b expired"], ["b expired"]]);
    expect(b.agent).toBe("running");
  });

  test("to the leader is carried out by the next one, when the leader died before it answered", async () => {
    a.network.fate("commands.acknowledge", "request lost");
    world.putCommand("ping", { type: "ping", target: "leader" });
    await world.pass(2_000);
    a.crash();
    await world.passUntil("an answer", 30_000, () => acks("ping").length > 0);
    expect(world.ackOf("ping", "leader")).toMatchObject({ status: "ok", machineId: "b" });
  });

  test("is removed a week after its first sight, and not before", async () => {
    world.putCommand("ping", { type: "ping", target: "all" });
    await world.pass(3_600_000);
    expect([...world.state.commands.keys()]).toEqual(["ping"]);
    world.leapServerClock(7 * 86_400_000);
    await world.pass(3_600_000);
    expect([...world.state.commands.keys()]).toEqual([]);
    expect(acks("ping")).toEqual(["a ok", "b ok"]);
  });
});

describe("run_job", () => {
  test("of a job that it is the first to read leaves no minute of it without a record", async () => {
    const world = createWorld();
    const [a] = await world.startFleet("a");
    a?.network.fate("jobs.readAll", "request lost");
    world.putJob("job");
    await world.pass(1_000);
    a?.network.fate("jobs.readAll", "answered");
    world.putCommand("now", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.passTo("10:03:30");
    expect(world.storyOf("job").filter((it) => it.startsWith("10:01 ") || it.startsWith("10:02 "))).toEqual([
      "10:01 ok",
      "10:02 ok",
    ]);
  });

  beforeEach(() => world.putJob("job", { schedule: "0 0 1 1 *" }));
  const runs = () => world.recordsOf("job").map((it) => `${it.trigger} ${it.status} ${it.scope ?? "fleet"}`);

  test("makes one run, by id or by name, whatever answers are lost", async () => {
    world.putJob("other", { name: "nightly", schedule: "0 0 1 1 *" });
    a.network.fate("commands.acknowledge", "reply lost", 2);
    a.network.fate("claims.insert", "reply lost", 1);
    world.putCommand("by-id", { type: "run_job", target: "leader", args: { job: "job" } });
    world.putCommand("by-name", { type: "run_job", target: "leader", args: { job: "nightly" } });
    await world.pass(20_000);
    expect(runs()).toEqual(["manual ok fleet"]);
    expect(world.target.arrivals.map((it) => it.path).sort()).toEqual(["/job", "/other"]);
    expect(world.ackOf("by-id", "leader")).toMatchObject({
      status: "ok",
      result: "started run job|manual|by-id",
    });
  });

  test("to all machines makes one run in the fleet; of an all-machines job one on each", async () => {
    world.putJob("each", { schedule: "0 0 1 1 *", run_on: "all" });
    world.putCommand("once", { type: "run_job", target: "all", args: { job: "job" } });
    world.putCommand("each-one", { type: "run_job", target: "all", args: { job: "each" } });
    await world.pass(5_000);
    expect(runs()).toEqual(["manual ok fleet"]);
    expect(
      world.target
        .at("/each")
        .map((it) => it.machine)
        .sort(),
    ).toEqual(["a", "b"]);
  });

  test("gives each of its runs the vars that it names", async () => {
    world.putJob("each", { schedule: "0 0 1 1 *", run_on: "all" });
    const vars = { site: "seoul", note: "{{KEY}}" };
    world.putCommand("one", { type: "run_job", target: "leader", args: { job: "job", vars } });
    world.putCommand("each-one", { type: "run_job", target: "all", args: { job: "each", vars } });
    world.putCommand("plain", { type: "run_job", target: "leader", args: { job: "job", vars: {} } });
    await world.pass(5_000);
    const given = (job: string) => world.recordsOf(job).map((it) => it.vars);
    expect(given("job")).toEqual([vars, undefined]);
    expect(given("each")).toEqual([vars, vars]);
  });

  test.each([
    ["nothing", "there is no job"],
    ["wrong", "is invalid"],
    ["twice", "several jobs are named"],
  ])("of %s fails with the reason", async (job, reason) => {
    world.putJob("wrong", { schedule: "at noon" });
    world.putJob("first", { name: "twice" });
    world.putJob("second", { name: "twice" });
    world.putCommand("run", { type: "run_job", target: "leader", args: { job } });
    await world.pass(3_000);
    expect(world.ackOf("run", "leader")).toMatchObject({ status: "failed", result: expect.stringContaining(reason) });
  });

  test("runs a job that is switched off, as it stands at that moment", async () => {
    world.state.changesLive = false;
    world.putJob("job", { schedule: "0 0 1 1 *", enabled: false, url: "http://target.test/edited" });
    world.putCommand("run", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.pass(12_000);
    expect(world.target.arrivals.map((it) => it.path)).toEqual(["/edited"]);
  });
});

describe("stop", () => {
  test("stops its target and is answered before", async () => {
    world.putCommand("stop", { type: "stop", target: "b" });
    await world.passUntil("b to stop", 3_000, () => b.agent === "stopped");
    expect(acks("stop")).toEqual(["b ok"]);
    expect(a.agent).toBe("running");
  });

  test("stops its target also when the answer to its acknowledgement was lost", async () => {
    b.network.fate("commands.acknowledge", "reply lost", 1);
    world.putCommand("stop", { type: "stop", target: "b" });
    await world.passUntil("b to stop", 5_000, () => b.agent === "stopped");
    expect(acks("stop")).toEqual(["b ok"]);
  });

  test("does not stop the agent a second time after it was started again", async () => {
    world.putCommand("stop", { type: "stop", target: "all" });
    await world.passUntil("both to stop", 3_000, () => a.agent === "stopped" && b.agent === "stopped");
    b.start();
    await world.pass(30_000);
    expect(b.agent).toBe("running");
    expect(world.leader()).toBe("b");
  });

  test("leaves a command behind it to the next leader", async () => {
    world.putJob("job", { schedule: "0 0 1 1 *" });
    world.putCommand("1-stop", { type: "stop", target: "a" });
    world.putCommand("2-run", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.passUntil("an answer", 20_000, () => acks("2-run").length > 0);
    expect(world.ackOf("2-run", "leader")).toMatchObject({ status: "ok", machineId: "b" });
    await world.pass(1_000);
    expect(world.target.arrivals.map((it) => [it.machine, it.attempt])).toEqual([["b", 1]]);
  });
});

describe("reloading", () => {
  test("reads jobs and config and says what came of it", async () => {
    world.state.changesLive = false;
    world.putJob("job");
    world.putJob("wrong", { schedule: "at noon" });
    world.reloadConfig = async () => ({ status: "failed", result: "the config is wrong" });
    world.putCommand("jobs", { type: "reload_jobs", target: "a" });
    world.putCommand("both", { type: "refresh", target: "a" });
    await world.pass(11_000);
    expect(world.ackOf("jobs", "a")).toMatchObject({ status: "ok", result: "read 2 jobs, 1 of them invalid" });
    expect(world.ackOf("both", "a")).toMatchObject({
      status: "failed",
      result: "read 2 jobs, 1 of them invalid; the config is wrong",
    });
  });

  test("that throws is answered as failed, and the agent goes on", async () => {
    world.reloadConfig = () => Promise.reject(new Error("no such file"));
    world.putCommand("config", { type: "reload_config", target: "a" });
    world.putCommand("ping", { type: "ping", target: "a" });
    await world.pass(3_000);
    expect(world.ackOf("config", "a")).toMatchObject({ status: "failed", result: "no such file" });
    expect(acks("ping")).toEqual(["a ok"]);
    expect(seenAs("config")).toBe("seen");
  });
});

describe("a target of labels", () => {
  test("reaches each machine that has them all, and no other", async () => {
    const world = createWorld();
    const seoul = { site: "seoul", role: "db" };
    for (const [name, labels] of Object.entries({
      a: seoul,
      b: { site: "seoul" },
      c: { ...seoul, rack: "7" },
      d: {},
    })) {
      world.machine(name, { labels }).start();
      await world.pass(2_000);
    }
    await world.pass(5_000);
    world.putCommand("ping", { type: "ping", target: { labels: { site: "seoul", role: "db" } } });
    world.putCommand("none", { type: "ping", target: { labels: {} } });
    await world.pass(2_000);
    const keysOf = (command: string) =>
      [...world.state.acks.values()].filter((it) => it.command === command && it.key !== "seen").map((it) => it.key);
    expect(keysOf("ping").toSorted()).toEqual(["a", "c"]);
    expect(world.ackOf("none", "seen")).toMatchObject({
      status: "rejected",
      result: "/target/labels names no label; write all for every machine",
    });
  });
});

describe("run_job whose claim nobody answered", () => {
  test("is acknowledged when it is known what came of it, by whoever is the target then", async () => {
    world.putJob("job", { schedule: "0 0 1 1 *" });
    a.network.fate("claims.insert", "reply lost");
    world.putCommand("run", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.pass(3_000);
    a.crash();
    await world.passUntil("an answer", 60_000, () => world.ackOf("run", "leader") !== undefined);
    await world.pass(30_000);
    expect(world.ackOf("run", "leader")).toMatchObject({
      machineId: "b",
      status: "ok",
      result: "run job|manual|run was started by another agent",
    });
    expect(world.recordsOf("job").map((it) => it.status)).toEqual(["ok"]);
  });

  test("is left open by an agent that lost its session meanwhile, and not called failed", async () => {
    world.putJob("job", { schedule: "0 0 1 1 *" });
    a.network.fate("claims.insert", "request lost");
    world.putCommand("run", { type: "run_job", target: "a", args: { job: "job" } });
    await world.pass(3_000);
    a.pause();
    await world.pass(40_000);
    a.network.fate("claims.insert", "answered");
    a.resume();
    await world.passUntil("an answer", 60_000, () => world.ackOf("run", "a") !== undefined);
    expect(world.ackOf("run", "a")).toMatchObject({ status: "ok", result: "started run job|manual|run" });
    await world.pass(30_000);
    expect(world.recordsOf("job").map((it) => it.status)).toEqual(["ok"]);
  });

  test("of an all-machines job makes one run when it is for the leader, also when the leader dies in it", async () => {
    world.putJob("each", { schedule: "0 0 1 1 *", run_on: "all" });
    a.network.fate("commands.acknowledge", "request lost");
    world.putCommand("run", { type: "run_job", target: "leader", args: { job: "each" } });
    await world.pass(3_000);
    a.crash();
    await world.passUntil("an answer", 60_000, () => world.ackOf("run", "leader") !== undefined);
    await world.pass(30_000);
    expect(world.recordsOf("each").map((it) => `${it.scope ?? "fleet"} ${it.status}`)).toEqual(["fleet ok"]);
    expect(world.target.at("/each")).toHaveLength(1);
  });
});

describe("cancel_run", () => {
  test.each([0, 500, 5_000])("ends the run cancelled though its owner dies %i ms later", async (laterMs) => {
    world.putJob("slow", { schedule: "1 10 2 3 *", timeout_sec: 300, where: { hostnames: ["b*"] } });
    world.target.on("/slow", () => "hangs");
    await world.passTo("10:01:05");
    expect(world.runAt("slow", "10:01").session).toBeDefined();
    world.putCommand("cancel", {
      type: "cancel_run",
      target: "leader",
      args: { run: world.runAt("slow", "10:01").id },
    });
    if (laterMs === 0) b.crash();
    await world.pass(Math.max(1, laterMs));
    b.crash();
    b.start();
    await world.pass(60_000);
    expect(world.storyOf("slow")).toEqual(["10:01 cancelled"]);
    expect(world.runAt("slow", "10:01").end?.reason).toBe("cancelled by a command");
    expect(world.ackOf("cancel", "leader")).toMatchObject({ status: "ok" });
  });
});

describe("a flood of commands", () => {
  test("is answered whole, each once, and a later command does not wait for long", async () => {
    for (let index = 0; index < 3_000; index++)
      world.putCommand(`flood-${String(index).padStart(5, "0")}`, {
        type: index % 10 === 0 ? "pong" : "ping",
        target: "all",
      });
    world.putCommand("later", { type: "ping", target: "all" });
    let trips = 0;
    world.acting = (life, operation, act) => {
      if (life.startsWith("a") && operation.startsWith("commands.")) trips++;
      return act();
    };
    await world.passUntil("an answer to the last", 10_000, () => acks("later").length === 2);
    await world.pass(1_000);
    const answers = [...world.state.acks.values()].filter((it) => it.command.startsWith("flood-"));
    const byKey = (key: string) => answers.filter((it) => it.key === key).length;
    expect([byKey("seen"), byKey("a"), byKey("b")]).toEqual([3_000, 2_700, 2_700]);
    expect(trips).toBeLessThan(100);
  });

  test("that was answered costs an agent that starts again next to nothing", async () => {
    for (let index = 0; index < 1_000; index++) world.putCommand(`flood-${index}`, { type: "ping", target: "all" });
    await world.pass(10_000);
    b.crash();
    await world.pass(20_000);
    const operations: string[] = [];
    world.acting = (life, operation, act) => {
      if (life.startsWith("b") && operation.startsWith("commands.")) operations.push(operation);
      return act();
    };
    b.start();
    await world.pass(5_000);
    expect(operations.filter((it) => it !== "commands.readUnknown")).toEqual(["commands.readSettled"]);
  });
});
