import { expect, test } from "vitest";
import { HANDED_ON_MS_MAX, LONGER_THAN_TTL_MS, openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { createGate } from "../../support/target.ts";
import { machineOf, onDemand, post, sentTooOften } from "../support/chains.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";
import { startRunsAt } from "../support/start-runs.ts";

const RUNS = 5;
const RETRIES = 2;

test("F14: an owner that does not see its lease run out, since its clocks stood still with it, has every write refused", async (context) => {
  const fakeTime = needFakeTime(context);
  const clock = await fakeTime.movable("wall and monotonic");
  const fleet = await openFleet(context);
  const { target } = fleet;
  const [leader] = await fleet.startAgents(1);
  const blind = await fleet.startAgent(undefined, { env: clock.env });
  await blind.untilLogged("machine_joined", (it) => it["serial"] === 2);
  const [answer, rest] = [createGate(), createGate()];
  target.on("/one", (_arrival, nth) => (nth <= RUNS ? answer.opened.then(() => ({})) : {}));
  target.on("/two", () => rest.opened.then(() => ({})));
  const actions = ["one", "two"].map((name) => post(target, name, { retries: RETRIES }));
  await fleet.putJob({ ...onDemand("chain"), actions });
  await startRunsAt(fleet, 2, "chain", RUNS);
  await target.arrived("/one", RUNS);

  blind.signal("SIGSTOP");
  const stoppedAt = performance.now();
  await target.arrived("/two", RUNS, 3 * HANDED_ON_MS_MAX);
  await eventually("end of the lease", 3 * LONGER_THAN_TTL_MS, () =>
    performance.now() - stoppedAt > LONGER_THAN_TTL_MS ? true : undefined,
  );
  const runs = fleet.db.collection("job_runs");
  const [linesBefore, arrivalsBefore, recordsBefore] = [
    blind.lines.length,
    target.arrivals.length,
    await runs.find().sort({ _id: 1 }).toArray(),
  ];
  // Now the answers to its requests come, and to it no time has passed.
  await clock.moveTo(stoppedAt - performance.now());
  answer.open();
  blind.signal("SIGCONT");
  const over = await blind.untilLogged("session_over");
  await blind.untilLogged("machine_joined", (it) => blind.lines.indexOf(it) > linesBefore);

  const recordsAfter = await runs.find().sort({ _id: 1 }).toArray();
  const words = blind.lines.slice(linesBefore, blind.lines.indexOf(over)).map((it) => it.event);
  report(context, {
    "writes refused before it knew": words.filter((it) => it === "run_left").length,
    "slept ms": Math.round(performance.now() - stoppedAt),
  });
  expect(words).not.toContain("fenced");
  expect(words).toContain("run_left");
  expect(recordsAfter).toEqual(recordsBefore);
  rest.open();
  for (const { run } of target.at("/two"))
    expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 1, claimed_by: leader?.machineId });
  expect(target.arrivals.slice(arrivalsBefore).filter((it) => machineOf(it) === blind.machineId)).toEqual([]);
  expect([target.at("/one").length, target.at("/two").length]).toEqual([2 * RUNS, RUNS]);
  expect(new Set(target.at("/two").map(machineOf))).toEqual(new Set([leader?.machineId]));
  expect(sentTooOften(target.arrivals, RETRIES)).toEqual([]);
});
