import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { heldSerials, HANDED_ON_MS_MAX, LONGER_THAN_TTL_MS, openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { machineOf, onDemand, post, sentTooOften } from "../support/chains.ts";
import { report } from "../support/figures.ts";
import { startRunsAt } from "../support/start-runs.ts";
import { NOTICED_MS_MAX, stopAndWake } from "../support/wake-up.ts";

const RUNS = 20;
const RETRIES = 1;
/** The agent is stopped at this one of the connections that a round opens. */
const STOPPED_AT = [12, 28];
/** So slow that many runs are under way at once. */
const ANSWER_MS = 300;

describe("an agent that was stopped for longer than its lease", () => {
  test("F5: knows it before it does anything else, and sends nothing of the runs that went on elsewhere", async (context) => {
    expect(await stopAndWake(context, {}, 2 * LONGER_THAN_TTL_MS)).toBeLessThan(NOTICED_MS_MAX);
  });

  test("F6: between its last look and the socket sends each attempt once at most, and no step more than retries + 1 times", async (context) => {
    const fleet = await openFleet(context, { config: { runs: { max_per_host: 64 } } });
    const { target } = fleet;
    const agents = await fleet.startAgents(3);
    await fleet.leaderOf(agents);
    const slowly = () => pause(ANSWER_MS, { headers: { connection: "close" } });
    for (const path of ["/one", "/two"]) target.on(path, slowly);
    const actions = ["one", "two"].map((name) => post(target, name, { retries: RETRIES, delay_sec: 0 }));
    await fleet.putJob({ ...onDemand("chain"), actions });
    let connections = 0;
    let onNext = (): void => {};
    target.onConnection(() => {
      connections++;
      onNext();
    });
    const [runs, acks] = [fleet.db.collection("job_runs"), fleet.db.collection("command_acks")];
    let lateSends = 0;
    for (const [round, nth] of STOPPED_AT.entries()) {
      const serials = await heldSerials(fleet.db);
      const stopped = agents.find((it) => serials.get(it.machineId) === 2);
      if (stopped === undefined) throw new Error("nobody has serial 2");
      const stopAfter = connections + nth;
      const isStopped = new Promise<void>((resolve) => {
        onNext = () => {
          if (connections !== stopAfter) return;
          stopped.signal("SIGSTOP");
          resolve();
        };
      });
      await startRunsAt(fleet, 2, "chain", RUNS);
      await isStopped;
      const started = performance.now();
      await eventually("end of the pause", 2 * LONGER_THAN_TTL_MS, async () => {
        const own = await runs.countDocuments({ status: "running", claimed_by: stopped.machineId });
        const isLong = performance.now() - started > LONGER_THAN_TTL_MS;
        return isLong && own === 0 ? true : undefined;
      });
      const before = target.arrivals.length;
      stopped.signal("SIGCONT");
      const over = await stopped.untilLogged("session_over", (it) => Date.parse(it.time) >= Date.now() - 100);
      await stopped.untilLogged("machine_joined", (it) => Date.parse(it.time) >= Date.parse(over.time));
      const all = (round + 1) * RUNS;
      await eventually(`answers to ${all} commands, and the end of their runs`, 3 * HANDED_ON_MS_MAX, async () => {
        if ((await acks.countDocuments({ key: { $ne: "seen" } })) < all) return undefined;
        return (await runs.countDocuments({ status: { $in: ["waiting", "running"] } })) === 0 ? true : undefined;
      });
      const takenOver = await runs.distinct("_id", { takeovers: { $gt: 0 }, claimed_by: { $ne: stopped.machineId } });
      lateSends += target.arrivals
        .slice(before)
        .filter((it) => machineOf(it) === stopped.machineId && takenOver.some((run) => String(run) === it.run)).length;
    }
    const taken = await runs.countDocuments({ takeovers: { $gt: 0 } });
    // A command that the stop caught before its claim is answered as failed, and then there is no run of it.
    const started = await acks.countDocuments({ key: { $ne: "seen" }, status: "ok" });
    report(context, { runs: started, "taken over": taken, "attempts sent late": lateSends });
    expect(taken).toBeGreaterThan(0);
    expect(started).toBeGreaterThanOrEqual(STOPPED_AT.length * (RUNS - 1));
    expect(await runs.countDocuments({ status: "ok" })).toBe(started);
    expect(await runs.countDocuments({})).toBe(started);
    expect(sentTooOften(target.arrivals, RETRIES)).toEqual([]);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
  });
});
