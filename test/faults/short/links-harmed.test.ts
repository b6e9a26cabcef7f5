import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { openFleet } from "../../e2e/fleet.ts";
import { report } from "../support/figures.ts";
import { joinFleet } from "../support/join-fleet.ts";
import { commandOn } from "../support/link.ts";
import { type Links, openLinks } from "../support/links.ts";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.ts";
import { claimTroubles, databaseOn, startClaims, startSteadyWork } from "../support/steady-work.ts";

const AGENTS = 2;
const STEPS = 240;
/** The row's bound for coming back from a harmed connection. */
const RECOVERY_MS = 6_000;
/** Longer than the trust window and than a ttl. */
const AWAY_MS = 4_000;
const ENDED_MS_MAX = 60_000;

let set: ReplicaSet;
beforeAll(async () => {
  set = await startReplicaSet({ members: 1, electionTimeoutMs: 2_000 });
});
afterAll(() => set.stop());

/**
 * Chains and claims under way while the links of all agents are harmed; afterwards nothing is missing or twice.
 * @param doHarm resolves when the links are whole again
 * @returns how long after that every machine sends again
 */
async function harm(context: TestContext, doHarm: (links: Links) => Promise<void>): Promise<number> {
  const links = await openLinks(set.ports);
  context.onTestFinished(() => links.close());
  const fleet = await openFleet(context, { database: databaseOn(set.uri) });
  const agents = await joinFleet(fleet, AGENTS, () => links.env);
  const work = await startSteadyWork(fleet, agents, STEPS);
  const claims = await startClaims(context, fleet, 200);
  await fleet.target.arrived("/claimed/x", 3);

  const harmedAt = performance.now();
  await doHarm(links);
  const overAt = performance.now();
  await eventually("step of every machine after the harm", 3 * RECOVERY_MS, () =>
    [...work.arrivals().values()].every((it) => (it.at(-1)?.monotonicAt ?? 0) > overAt) ? true : undefined,
  );
  const recoveryMs = Math.round(performance.now() - overAt);
  report(context, { recovery_ms: recoveryMs, gap_ms: work.longestGapMs(harmedAt) });

  await fleet.target.arrived("/claimed/x", fleet.target.at("/claimed/x").length + 10);
  const commands = await claims.end();
  for (const run of work.runs) expect(await fleet.ended(run, ENDED_MS_MAX)).toMatchObject({ status: "ok" });
  const inOrder = Array.from({ length: STEPS }, (_, index) => `/steady/${index}`);
  for (const list of work.arrivals().values()) expect(list.map((it) => it.path)).toEqual(inOrder);
  await eventually("run of every command", ENDED_MS_MAX, () =>
    fleet.target.at("/claimed/x").length >= commands.length ? true : undefined,
  );
  expect(claimTroubles(fleet, commands)).toEqual([]);
  report(context, { claims: commands.length, steps: AGENTS * STEPS });
  return recoveryMs;
}

describe.concurrent("when the connections of every agent to MongoDB", () => {
  test("F9: are reset three times over, work goes on at once and nothing is sent twice", async (context) => {
    const recoveryMs = await harm(context, async (links) => {
      for (let times = 0; times < 3; times++) {
        links.cut();
        await pause(300);
      }
    });
    expect(recoveryMs).toBeLessThan(3 * RECOVERY_MS);
  });

  test("F9: are refused for longer than a lease, agents wait and go on with nothing twice", async (context) => {
    const recoveryMs = await harm(context, async (links) => {
      links.refuse();
      await pause(AWAY_MS);
      links.pass();
    });
    expect(recoveryMs).toBeLessThan(3 * RECOVERY_MS);
  });

  test("F9: hang for longer than a lease and are then reset, agents go on with nothing twice", async (context) => {
    const recoveryMs = await harm(context, async (links) => {
      links.stall();
      await pause(AWAY_MS);
      links.cut();
      links.pass();
    });
    expect(recoveryMs).toBeLessThan(3 * RECOVERY_MS);
  });

  test("F9: fall silent for ever while fresh ones work, the silence is found and nothing is sent twice", async (context) => {
    const recoveryMs = await harm(context, async (links) => {
      links.silence();
    });
    expect(recoveryMs).toBeLessThan(3 * RECOVERY_MS);
  });

  test("F9: lose the replies to claims and to writes of runs, each counts once", async (context) => {
    const recoveryMs = await harm(context, async (links) => {
      const [link] = links.each;
      if (link === undefined) throw new Error("no link");
      for (let times = 0; times < 3; times++) {
        await link.loseReply(commandOn("insert", "job_runs")).lost;
        await link.loseReply(commandOn("update", "job_runs")).lost;
        await link.loseReply(commandOn("findAndModify", "serials")).lost;
      }
    });
    expect(recoveryMs).toBeLessThan(3 * RECOVERY_MS);
  });
});
