import { expect, type TestContext } from "vitest";
import { type FleetOptions, heldSerials, openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, createGate } from "../../support/target.ts";
import { machineOf, onDemand, post, sentTooOften } from "./chains.ts";
import { report } from "./figures.ts";
import { startRunsAt } from "./start-runs.ts";

const RUNS = 4;
/** Longest wait for words after waking; the bound of the matrix is 1 s. */
export const NOTICED_MS_MAX = 3_000;

/**
 * An agent in the middle of runs is stopped, others take the runs over, and it wakes. It must notice before it does
 * anything else, and send nothing of those runs.
 * @returns how long after waking it said so, in milliseconds
 */
export async function stopAndWake(context: TestContext, options: FleetOptions, stoppedMs: number): Promise<number> {
  const fleet = await openFleet(context, options);
  const { target } = fleet;
  const agents = await fleet.startAgents(3);
  await fleet.leaderOf(agents);
  const serials = await heldSerials(fleet.db);
  const stopped = agents.find((it) => serials.get(it.machineId) === 2);
  if (stopped === undefined) throw new Error("nobody has serial 2");
  const answer = createGate();
  target.on("/slow", (_arrival, nth) => (nth <= RUNS ? answer.opened.then(() => ({})) : {}));
  await fleet.putJob({
    ...onDemand("chain"),
    actions: [post(target, "slow", { retries: 2 }), post(target, "rest", { retries: 2 })],
  });
  await startRunsAt(fleet, 2, "chain", RUNS);
  await target.arrived("/slow", RUNS);

  stopped.signal("SIGSTOP");
  const stoppedAt = performance.now();
  // The answers come while it can't hear them.
  answer.open();
  await target.arrived("/rest", RUNS, stoppedMs);
  await eventually("end of the pause", stoppedMs + NOTICED_MS_MAX, () =>
    performance.now() - stoppedAt > stoppedMs ? true : undefined,
  );
  const [linesBefore, arrivalsBefore] = [stopped.lines.length, target.arrivals.length];
  stopped.signal("SIGCONT");
  const [wokenAt, wokenWall] = [performance.now(), Date.now()];
  const noticed = await eventually("word that it knows", NOTICED_MS_MAX, () =>
    stopped.lines.slice(linesBefore).find((it) => it.event === "fenced" || it.event === "session_over"),
  );
  const lost = await stopped.untilLogged("session_over");
  await stopped.untilLogged("machine_joined", (it) => Date.parse(it.time) >= Date.parse(lost.time));
  report(context, {
    "noticed after ms": Date.parse(noticed.time) - wokenWall,
    "lost session seen after ms": Date.parse(lost.time) - wokenWall,
    "joined again after ms": Math.round(performance.now() - wokenAt),
  });
  const before = stopped.lines.slice(linesBefore, stopped.lines.indexOf(noticed));
  expect(before.filter((it) => it.level !== "debug").map((it) => it.msg)).toEqual([]);
  expect(target.arrivals.slice(arrivalsBefore).filter((it) => machineOf(it) === stopped.machineId)).toEqual([]);
  for (const run of new Set(target.at("/slow").map((it) => it.run)))
    expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 1 });
  expect([target.at("/slow").length, target.at("/rest").length]).toEqual([2 * RUNS, RUNS]);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  expect(sentTooOften(target.arrivals, 2)).toEqual([]);
  return Date.parse(noticed.time) - wokenWall;
}
