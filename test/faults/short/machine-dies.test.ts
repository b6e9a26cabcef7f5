import { describe, expect, test } from "vitest";
import { heldSerials, openFleet, TAKEOVER_MS_MAX } from "../../e2e/fleet.ts";
import { noAnswer } from "../../support/target.ts";
import { onDemand, sentTooOften, threePosts } from "../support/chains.ts";
import { report, spreadOf } from "../support/figures.ts";
import { startRunsAt } from "../support/start-runs.ts";

const RUNS = 8;

describe("when the owner of runs is killed in step 2 of 3", () => {
  test("F4: each run goes on with its next attempt at a living agent, and no finished step is sent again", async (context) => {
    const fleet = await openFleet(context);
    const { target } = fleet;
    const agents = await fleet.startAgents(3);
    const leader = await fleet.leaderOf(agents);
    const serials = await heldSerials(fleet.db);
    const owner = agents.find((it) => it !== leader && serials.get(it.machineId) === 2);
    if (owner === undefined) throw new Error("nobody has serial 2");
    target.on("/two", (arrival) => (arrival.attempt === 1 ? noAnswer() : {}));
    await fleet.putJob({ ...onDemand("chain"), actions: threePosts(target, { retries: 2 }) });
    await startRunsAt(fleet, 2, "chain", RUNS);
    await target.arrived("/two", RUNS);
    owner.signal("SIGKILL");
    const killedAt = performance.now();

    await target.arrived("/two", 2 * RUNS, 3 * TAKEOVER_MS_MAX);
    await target.arrived("/three", RUNS);
    const takeovers = target.at("/two").slice(RUNS);
    const { p50, max } = spreadOf(takeovers.map((it) => it.monotonicAt - killedAt));
    report(context, { "takeover p50 ms": p50, "max ms": max, "bound ms": TAKEOVER_MS_MAX });
    const runs = [...new Set(takeovers.map((it) => it.run))];
    expect(runs.length).toBe(RUNS);
    for (const run of runs) expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 1 });
    expect(["/one", "/two", "/three"].map((path) => target.at(path).length)).toEqual([RUNS, 2 * RUNS, RUNS]);
    expect(new Set(takeovers.map((it) => it.attempt))).toEqual(new Set([2]));
    expect(sentTooOften(target.arrivals, 2)).toEqual([]);
  });
});
