import { expect, type TestContext } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { type Fleet, openFleet } from "../../e2e/fleet.ts";
import { report } from "./figures.ts";
import { joinFleet } from "./join-fleet.ts";
import type { Mongod } from "./mongod.ts";
import type { ReplicaSet } from "./replica-set.ts";
import { claimTroubles, databaseOn, startClaims, startSteadyWork } from "./steady-work.ts";

const AGENTS = 3;
const STEPS = 250;
const ENDED_MS_MAX = 60_000;

export interface Loss {
  /** In which work is to go on; waited for three times as long. */
  readonly boundMs: number;
  /** Resolves when the primary is gone. */
  readonly lose: (primary: Mongod, fleet: Fleet, agents: readonly AgentProcess[]) => Promise<void>;
  /** For each agent alone. */
  readonly envOf?: (index: number) => Readonly<Record<string, string>>;
}

/**
 * Chains and claims under way on three agents while the primary goes away: every run goes on by itself, every step is
 * sent once and in order, what was acknowledged stays, no agent loses its session, no run its agent.
 * @returns the longest time in which some machine sent nothing
 */
export async function losePrimary(
  context: TestContext,
  set: ReplicaSet,
  { boundMs, lose, envOf = () => ({}) }: Loss,
): Promise<number> {
  const fleet = await openFleet(context, { database: databaseOn(set.uri) });
  const agents = await joinFleet(fleet, AGENTS, envOf);
  const work = await startSteadyWork(fleet, agents, STEPS);
  const claims = await startClaims(context, fleet, 200);
  await fleet.target.arrived("/claimed/x", 3);

  const lostAt = performance.now();
  await lose(await set.primary(), fleet, agents);
  const goneMs = Math.round(performance.now() - lostAt);
  await eventually("step of every machine after the loss", 3 * boundMs + goneMs, () => {
    const late = [...work.arrivals().values()].filter((it) => (it.at(-1)?.monotonicAt ?? 0) > lostAt + goneMs + 100);
    return late.length === AGENTS ? true : undefined;
  });
  const gapMs = work.longestGapMs(lostAt);
  await fleet.target.arrived("/claimed/x", fleet.target.at("/claimed/x").length + 20);
  const commands = await claims.end();

  for (const run of work.runs) {
    const ended = await fleet.ended(run, ENDED_MS_MAX);
    expect(ended).toMatchObject({ status: "ok", takeovers: 0 });
    // What was acknowledged is still there: every step, in order, sent once.
    expect(ended.steps?.map((it) => [it.status, it.attempts])).toEqual(Array.from({ length: STEPS }, () => ["ok", 1]));
  }
  const inOrder = Array.from({ length: STEPS }, (_, index) => `/steady/${index}`);
  for (const list of work.arrivals().values()) expect(list.map((it) => it.path)).toEqual(inOrder);
  await eventually("run of every command", ENDED_MS_MAX, () =>
    fleet.target.at("/claimed/x").length >= commands.length ? true : undefined,
  );
  expect(claimTroubles(fleet, commands)).toEqual([]);
  expect(agents.flatMap((it) => it.lines).filter((it) => it.event === "session_over")).toEqual([]);
  report(context, { gap_ms: gapMs, claims: commands.length, steps: AGENTS * STEPS });
  return gapMs;
}
