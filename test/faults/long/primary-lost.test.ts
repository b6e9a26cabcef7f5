import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openFleet, type RunRow } from "../../e2e/fleet.ts";
import { arrivedTwice } from "../../support/target.ts";
import { report } from "../support/figures.ts";
import { joinFleet } from "../support/join-fleet.ts";
import { losePrimary } from "../support/lose-primary.ts";
import { startReplicaSet } from "../support/replica-set.ts";
import { claimTroubles, databaseOn, startClaims, startSteadyWork } from "../support/steady-work.ts";

const ENDED_MS_MAX = 60_000;
/** The row's bound with MongoDB's own election time of 10 s. */
const ELECTED_MS = 15_000;

describe("when the primary of a replica set is lost in the middle of work", () => {
  test("F3: after kill -9 with MongoDB's own election time every run goes on by itself, and no step is sent twice", {
    timeout: 180_000,
  }, async (context) => {
    const set = await startReplicaSet();
    context.onTestFinished(() => set.stop());
    const gapMs = await losePrimary(context, set, { boundMs: ELECTED_MS, lose: (primary) => primary.kill() });
    expect(gapMs).toBeLessThan(3 * ELECTED_MS);
  });
});

describe("when a primary is cut off from the majority", () => {
  test("F31: without its secondaries it acknowledges nothing, so nothing is sent, and all goes on when they are back", {
    timeout: 180_000,
  }, async (context) => {
    const set = await startReplicaSet({ electionTimeoutMs: 2_000 });
    context.onTestFinished(() => set.stop());
    const fleet = await openFleet(context, { database: databaseOn(set.uri) });
    const agents = await joinFleet(fleet, 3);
    const work = await startSteadyWork(fleet, agents, 300);
    const claims = await startClaims(context, fleet, 200);
    await fleet.target.arrived("/claimed/x", 5);
    const secondaries = await set.secondaries();
    for (const it of secondaries) it.signal("SIGSTOP");
    // What was acknowledged before may still be on its way.
    await pause(500);
    const alone = fleet.target.arrivals.length;
    await pause(8_000);
    expect(fleet.target.arrivals.length).toBe(alone);
    const backAt = performance.now();
    for (const it of secondaries) it.signal("SIGCONT");
    for (const run of work.runs) expect(await fleet.ended(run, ENDED_MS_MAX)).toMatchObject({ status: "ok" });
    report(context, { gap_ms: work.longestGapMs(backAt) });
    await fleet.target.arrived("/claimed/x", 25, ENDED_MS_MAX);
    const commands = await claims.end();
    await fleet.target.arrived("/claimed/x", commands.length, ENDED_MS_MAX);
    expect(claimTroubles(fleet, commands)).toEqual([]);
  });

  test("F31: one that was asleep while another was elected wakes up as primary, and nothing that it takes counts", {
    timeout: 180_000,
  }, async (context) => {
    const set = await startReplicaSet({ electionTimeoutMs: 2_000 });
    context.onTestFinished(() => set.stop());
    const fleet = await openFleet(context, { database: databaseOn(set.uri) });
    const agents = await joinFleet(fleet, 3);
    const work = await startSteadyWork(fleet, agents, 500);
    const claims = await startClaims(context, fleet, 100);
    await fleet.target.arrived("/claimed/x", 5);
    const former = await set.primary();
    former.signal("SIGSTOP");
    const lostAt = performance.now();
    await fleet.target.arrived("/claimed/x", fleet.target.at("/claimed/x").length + 20, ENDED_MS_MAX);
    report(context, { gap_ms: work.longestGapMs(lostAt) });
    former.signal("SIGCONT");
    await fleet.target.arrived("/claimed/x", fleet.target.at("/claimed/x").length + 20, ENDED_MS_MAX);
    await set.untilWhole();
    const commands = await claims.end();
    for (const run of work.runs) expect(await fleet.ended(run, ENDED_MS_MAX)).toMatchObject({ status: "ok" });
    await fleet.target.arrived("/claimed/x", commands.length, ENDED_MS_MAX);
    expect(claimTroubles(fleet, commands)).toEqual([]);
    expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
    const stored = await fleet.db.collection<RunRow>("job_runs").countDocuments({ job_name: "claimed", status: "ok" });
    expect(stored).toBe(commands.length);
  });
});
