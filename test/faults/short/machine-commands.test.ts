import { describe, expect, test } from "vitest";
import { HANDED_ON_MS_MAX, heldSerials, openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, noAnswer } from "../../support/target.ts";
import { onDemand, post, sentTooOften, threePosts } from "../support/chains.ts";
import { report } from "../support/figures.ts";
import { startRunsAt } from "../support/start-runs.ts";

const COMMANDS = 40;
/** The leader is killed when it has answered so many. */
const KILLED_AFTER = 10;
const RETRIES = 2;

describe.concurrent("a command that meets a death", () => {
  test("F39: those to the leader act once each, though one leader dies in the middle of them and another goes on", async (context) => {
    const fleet = await openFleet(context);
    const { target } = fleet;
    const agents = await fleet.startAgents(3);
    const leader = await fleet.leaderOf(agents);
    await fleet.putJob({ ...onDemand("quick"), actions: [post(target, "quick", { retries: RETRIES })] });
    const commands = Array.from({ length: COMMANDS }, () => ({
      type: "run_job",
      target: "leader",
      args: { job: "quick" },
    }));
    await fleet.db.collection("commands").insertMany(commands);
    const acks = fleet.db.collection("command_acks");
    const isAnswer = { key: { $ne: "seen" } };
    await eventually("first answers", HANDED_ON_MS_MAX, async () =>
      (await acks.countDocuments(isAnswer)) >= KILLED_AFTER ? true : undefined,
    );
    leader.signal("SIGKILL");
    const killedAt = performance.now();
    const before = await acks.countDocuments(isAnswer);
    await eventually("an answer to every command", 3 * HANDED_ON_MS_MAX, async () =>
      (await acks.countDocuments(isAnswer)) >= COMMANDS ? true : undefined,
    );
    const answeredMs = Math.round(performance.now() - killedAt);
    const answers = await acks.find(isAnswer).toArray();
    expect(answers.map((it) => [it["key"], it["status"]])).toEqual(Array(COMMANDS).fill(["leader", "ok"]));
    const runs = answers.map((it) => String(it["result"]).replace("started run ", ""));
    expect(new Set(runs).size).toBe(COMMANDS);
    for (const run of runs) expect(await fleet.ended(run, 3 * HANDED_ON_MS_MAX)).toMatchObject({ status: "ok" });
    expect(await fleet.db.collection("job_runs").countDocuments({})).toBe(COMMANDS);
    expect(sentTooOften(target.arrivals, RETRIES)).toEqual([]);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
    report(context, { commands: COMMANDS, "answered before the kill": before, "all answered after ms": answeredMs });
  });

  test("F39: a run whose owner dies while it is cancelled ends cancelled, and nothing more of it is sent", async (context) => {
    const fleet = await openFleet(context);
    const { target } = fleet;
    const agents = await fleet.startAgents(3);
    await fleet.leaderOf(agents);
    const serials = await heldSerials(fleet.db);
    const owner = agents.find((it) => serials.get(it.machineId) === 2);
    target.on("/two", noAnswer);
    await fleet.putJob({ ...onDemand("chain"), actions: threePosts(target, { retries: RETRIES }) });
    await startRunsAt(fleet, 2, "chain", 1);
    const { run } = await target.arrived("/two");
    // The owner can't answer any more, the others can.
    owner?.signal("SIGKILL");
    const killedAt = performance.now();
    await fleet.send({ type: "cancel_run", target: "all", args: { run } });
    expect(await fleet.ended(run, 3 * HANDED_ON_MS_MAX)).toMatchObject({ status: "cancelled" });
    report(context, { "cancelled after ms": Math.round(performance.now() - killedAt) });
    expect(["/one", "/two", "/three"].map((path) => target.at(path).length)).toEqual([1, 1, 0]);
  });
});
