import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createGate, noAnswer } from "../support/target.ts";
import { type Fleet, heldSerials, openFleet } from "./fleet.ts";

/** Promise 8 of the design, with change streams. */
const ANSWER_MS_MAX = 2_000;
/** So rarely that whatever is answered was heard of by a change stream. */
const POLL_SEC = 60;

function openCommandedFleet(context: Parameters<typeof openFleet>[0]): Promise<Fleet> {
  return openFleet(context, { config: { commands: { poll_sec: POLL_SEC } } });
}

/** The fleet's verdict on a command that nobody may carry out. */
async function rejection(fleet: Fleet, command: string): Promise<string> {
  const verdict = await fleet.seen(command);
  expect(verdict.status).toBe("rejected");
  return verdict.result;
}

describe.concurrent("a command", () => {
  test("reaches exactly those whom it is for, in time: all, the leader, a machine id, a hostname, a serial", async (context) => {
    const fleet = await openCommandedFleet(context);
    const agents = await fleet.startAgents(3);
    const everybody = agents.map((it) => it.machineId);
    const leader = (await fleet.leaderOf(agents)).machineId;
    const serials = await heldSerials(fleet.db);
    const second = everybody.find((it) => serials.get(it) === 2);
    const some = agents[1]?.machineId;

    const targets: readonly (readonly [string | number | undefined, readonly (string | undefined)[]])[] = [
      ["all", everybody],
      ["leader", [leader]],
      [some, [some]],
      [hostname(), everybody],
      [2, [second]],
    ];
    for (const [target, expected] of targets) {
      const sentAt = performance.now();
      const answers = await fleet.acks(await fleet.send({ type: "ping", target }), expected.length);
      expect(performance.now() - sentAt).toBeLessThan(ANSWER_MS_MAX);
      expect(answers.length).toBe(expected.length);
      expect(new Set(answers.map((it) => it.machine_id))).toEqual(new Set(expected));
      for (const answer of answers) expect(answer).toMatchObject({ status: "ok", result: "pong" });
    }
    // Had anybody answered a command that was not for it, it would stand here by now.
    expect(await fleet.db.collection("command_acks").countDocuments({ key: { $ne: "seen" } })).toBe(9);
  });

  test("row 39: of the original is answered once by each machine, whatever its created_at says", async (context) => {
    const fleet = await openCommandedFleet(context);
    const agents = await fleet.startAgents(2);
    await fleet.putJob({ name: "there", minute: 0, url: fleet.target.url });
    const everybody = new Set(agents.map((it) => it.machineId));
    const stamps = [
      "2020-01-01 00:00:00",
      1_577_836_800,
      1_577_836_800_000.5,
      new Date(0),
      new Date("2100-01-01"),
      null,
    ];
    const documents = [...stamps.map((created_at) => ({ created_at })), {}].flatMap((stamp) => [
      { type: "reload_jobs", target: "all", ...stamp },
      { type: "reload_config", target: "all", ...stamp },
    ]);
    const commands = await Promise.all(documents.map((it) => fleet.send(it)));
    for (const [index, command] of commands.entries()) {
      const answers = await fleet.acks(command, 2);
      const result = documents[index]?.type === "reload_jobs" ? "read 1 jobs" : "the config was read again";
      expect(new Set(answers.map((it) => it.machine_id))).toEqual(everybody);
      for (const answer of answers) expect(answer).toMatchObject({ status: "ok", result });
    }
    for (const agent of agents)
      expect(agent.lines.filter((it) => it.event === "command_done").length).toBe(documents.length);
  });

  test("row 37: that nobody understands is rejected with its reason, and by nobody else", async (context) => {
    const fleet = await openCommandedFleet(context);
    await fleet.startAgents(2);
    const reasons: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ type: "relaod_jobs", target: "all" }, "did you mean reload_jobs?"],
      [{ type: "dance", target: "all" }, "unknown command type"],
      [{ target: "all" }, "/type is missing"],
      [{ type: "ping" }, "/target is missing"],
      [{ type: "ping", target: "no-such-host" }, 'no machine has the id or hostname "no-such-host"'],
      [{ type: "ping", target: { $ne: null } }, "/target"],
      [{ type: "run_job", target: "leader" }, "/args/job is missing"],
    ];
    for (const [document, reason] of reasons)
      expect(await rejection(fleet, await fleet.send(document))).toContain(reason);
    await fleet.acks(await fleet.send({ type: "ping", target: "all" }), 2);
    expect(await fleet.db.collection("command_acks").countDocuments({ status: { $ne: "rejected" } })).toBe(3);
  });

  test("makes a changed config count, but never another database", async (context) => {
    const fleet = await openCommandedFleet(context);
    const home = await fleet.makeHome({ secrets: { GREETING: "good morning" } });
    const agent = await fleet.startAgent(home);
    await agent.untilLogged("leader_changed");
    await fleet.putJob({
      name: "greet",
      schedule: "0 0 1 1 *",
      method: "POST",
      url: fleet.target.url,
      body: "{{GREETING}}",
    });
    await fleet.ended(await fleet.runJob("greet"));

    const path = join(home, "fleetcron.config.json");
    const config = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...config, secrets: { GREETING: "good evening" } }));
    const answers = await fleet.acks(await fleet.send({ type: "refresh", target: "all" }), 1);
    expect(answers).toMatchObject([{ status: "ok", result: "read 1 jobs; the config was read again" }]);
    await fleet.ended(await fleet.runJob("greet"));
    expect(fleet.target.arrivals.map((it) => it.body)).toEqual(["good morning", "good evening"]);

    await writeFile(path, JSON.stringify({ ...config, db_name: "elsewhere" }));
    const refused = await fleet.acks(await fleet.send({ type: "reload_config", target: "all" }), 1);
    expect(refused).toMatchObject([{ status: "failed", result: expect.stringContaining("database") }]);
  });

  test("runs a job once, outside of its schedule, by name or id, and says why not", async (context) => {
    const fleet = await openCommandedFleet(context);
    const agents = await fleet.startAgents(2);
    const leader = await fleet.leaderOf(agents);
    const id = await fleet.putJob({ name: "on-demand", schedule: "0 0 1 1 *", url: `${fleet.target.url}/on-demand` });
    for (const job of ["on-demand", id.toHexString()]) {
      expect(await fleet.ended(await fleet.runJob(job))).toMatchObject({
        status: "ok",
        trigger: "manual",
        claimed_by: leader.machineId,
      });
    }
    expect(fleet.target.at("/on-demand").length).toBe(2);
    const unknown = await fleet.send({ type: "run_job", target: "leader", args: { job: "no-such-job" } });
    expect(await fleet.acks(unknown, 1)).toMatchObject([
      { key: "leader", status: "failed", result: expect.stringContaining("no-such-job") },
    ]);
  });

  test("cancels a run that waits for an answer, and nothing of it is sent any more", async (context) => {
    const fleet = await openCommandedFleet(context);
    await fleet.startAgents(2);
    const { target } = fleet;
    target.on("/slow", noAnswer);
    const actions = [
      { type: "http", url: `${target.url}/slow` },
      { type: "http", url: `${target.url}/next` },
    ];
    await fleet.putJob({ name: "slow", schedule: "0 0 1 1 *", actions });
    const run = await fleet.runJob("slow");
    await target.arrived("/slow");
    const answers = await fleet.acks(await fleet.send({ type: "cancel_run", target: "all", args: { run } }), 2);
    expect(answers.map((it) => it.status)).toContain("ok");
    expect(await fleet.ended(run)).toMatchObject({ status: "cancelled" });
    expect([target.at("/slow").length, target.at("/next").length]).toEqual([1, 0]);
    const again = await fleet.send({ type: "cancel_run", target: "leader", args: { run } });
    expect(await fleet.acks(again, 1)).toMatchObject([
      { status: "failed", result: expect.stringContaining("has ended") },
    ]);
  });

  test("stops the agent that it is for, which ends as at a signal", async (context) => {
    const fleet = await openCommandedFleet(context);
    const agents = await fleet.startAgents(2);
    const { target } = fleet;
    const gate = createGate();
    target.on("/slow", () => gate.opened.then(() => ({})));
    await fleet.putJob({ name: "slow", schedule: "0 0 1 1 *", url: `${target.url}/slow` });
    const leader = await fleet.leaderOf(agents);
    const other = agents.find((it) => it !== leader);
    const run = await fleet.runJob("slow");
    await target.arrived("/slow");
    const stop = await fleet.send({ type: "stop", target: 1 });
    await leader.untilLogged("stopping");
    gate.open();
    expect(await leader.ended).toMatchObject({ exitCode: 0 });
    expect(await fleet.acks(stop, 1)).toMatchObject([{ key: "serial:1", status: "ok", machine_id: leader.machineId }]);
    expect(await fleet.ended(run)).toMatchObject({ status: "ok", claimed_by: leader.machineId });
    expect(await heldSerials(fleet.db)).toEqual(new Map([[other?.machineId, 2]]));
    // Started again, it takes the serial that the command named, and does not stop once more.
    const again = await fleet.startAgent(leader.home);
    expect(await again.untilLogged("machine_joined")).toMatchObject({ serial: 1 });
    await fleet.acks(await fleet.send({ type: "ping", target: 1 }), 1);
    expect(again.lines.some((it) => it.event === "stopping")).toBe(false);
  });
});
