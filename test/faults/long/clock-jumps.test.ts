import { expect, test } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, createGate } from "../../support/target.ts";
import { onDemand, post } from "../support/chains.ts";
import { startFakedMongod } from "../support/faked-mongod.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";

/** What every clock shows at first: the next minute begins when the fleet has started. */
const START = Date.parse("2027-01-13T10:00:35Z");
const MINUTE_MS = 60_000;
/** For the jobs to be planned before the clocks jump. */
const PLANNED_MS_MAX = 8_000;
const HOUR_MS = 3_600_000;
const JOBS = 5;
/** There is no bound in the matrix: no stall means this. */
const LATE_MS_MAX = 5_000;
const ARRIVAL_MS_MAX = 90_000;

test("F23: agents whose clocks jump an hour forward and back, around a minute and in the middle of a run, miss nothing and do nothing twice", async (context) => {
  const fakeTime = needFakeTime(context);
  const aheadMs = START - Date.now();
  const serverNow = () => Date.now() + aheadMs;
  const mongod = await startFakedMongod(context, fakeTime.shifted(aheadMs));
  const fleet = await openFleet(context, { database: mongod.database });
  const { target } = fleet;
  const clocks = await Promise.all([1, 2, 3].map(() => fakeTime.movable("wall", aheadMs)));
  const agents = await Promise.all(clocks.map(({ env }) => fleet.startAgent(undefined, { env })));
  await Promise.all(agents.map((it) => it.untilLogged("machine_joined", undefined, ARRIVAL_MS_MAX)));
  const leading = agents.indexOf(await fleet.leaderOf(agents));
  const events = () => agents.flatMap((it) => it.lines.map((line) => line.event));
  const leaderChanges = events().filter((it) => it === "leader_changed").length;
  const [first, second] = [clocks[leading], clocks[(leading + 1) % clocks.length]];
  const minute = Math.ceil((serverNow() + PLANNED_MS_MAX) / MINUTE_MS) * MINUTE_MS;
  const at = (moment: number) =>
    eventually("moment on the server's clock", ARRIVAL_MS_MAX, () => (serverNow() >= moment ? true : undefined));
  // The jobs are to have one occurrence, this one.
  await at(minute - MINUTE_MS + 100);
  const names = Array.from({ length: JOBS }, (_, index) => `every-minute-${index}`);
  for (const name of names)
    await fleet.putJob({ name, schedule: "* * * * *", actions: [post(target, name, { retries: 0 })] });
  const answer = createGate();
  target.on("/slow", () => answer.opened.then(() => ({})));
  await fleet.putJob({
    ...onDemand("long"),
    actions: [post(target, "slow", { retries: 2 }), post(target, "rest", { retries: 2 })],
  });
  const run = await fleet.runJob("long");
  await target.arrived("/slow");
  expect(serverNow()).toBeLessThan(minute - 3_000);

  await at(minute - 3_000);
  await Promise.all([first?.moveTo(aheadMs + HOUR_MS), second?.moveTo(aheadMs - HOUR_MS)]);
  await Promise.all(names.map((name) => target.arrived(`/${name}`, 1, ARRIVAL_MS_MAX)));
  await Promise.all([first?.moveTo(aheadMs - HOUR_MS), second?.moveTo(aheadMs + HOUR_MS)]);
  await at(minute + 6_000);
  answer.open();
  expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 0 });
  expect(await fleet.ended(await fleet.runJob("long"))).toMatchObject({ status: "ok", takeovers: 0 });

  const late = names.flatMap((name) => target.at(`/${name}`)).map((it) => it.at + aheadMs - minute);
  report(context, { "started late at most, ms": Math.max(...late) });
  expect(late.length).toBe(JOBS);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThan(LATE_MS_MAX);
  const records = fleet.db.collection("job_runs");
  expect(await records.countDocuments({ trigger: "schedule" })).toBe(JOBS);
  expect(await records.countDocuments({ scheduled_for: { $gt: new Date(serverNow()) } })).toBe(0);
  expect([target.at("/slow").length, target.at("/rest").length]).toEqual([2, 2]);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  expect(events().filter((it) => it === "session_over" || it === "session_reaped")).toEqual([]);
  expect(events().filter((it) => it === "leader_changed").length).toBe(leaderChanges);
});
