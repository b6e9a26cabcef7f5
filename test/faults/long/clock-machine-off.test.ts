import { expect, test } from "vitest";
import { openFleet, type RunRow } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { machineOf, post } from "../support/chains.ts";
import { startFakedMongod } from "../support/faked-mongod.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";

/** A minute of these clocks is three seconds. */
const RATE = 20;
const START = Date.parse("2027-01-13T10:00:00Z");
const MINUTE_MS = 60_000;
const MISSED_MIN = 3;
const ARRIVAL_MS_MAX = 30_000;

test("F30: a machine that was off for 3 occurrences of an all-machines job catches up on its own, and the others do nothing again", async (context) => {
  const fakeTime = needFakeTime(context);
  const mongod = await startFakedMongod(context, fakeTime.startingAt(START, RATE));
  const lease = { heartbeat_sec: 0.5 * RATE, ttl_sec: 3 * RATE, guard_sec: 0.5 * RATE };
  const http_defaults = { timeout_sec: 3_600 };
  const fleet = await openFleet(context, { database: mongod.database, config: { lease, http_defaults } });
  const { localTime } = await fleet.db.admin().command({ hello: 1 });
  const askedAt = performance.now();
  const env = () => fakeTime.startingAt((localTime as Date).getTime() + (performance.now() - askedAt) * RATE, RATE);
  const { target } = fleet;
  const [stays, goes] = [
    await fleet.startAgent(undefined, { env: env() }),
    await fleet.startAgent(undefined, { env: env() }),
  ];
  for (const agent of [stays, goes]) await agent.untilLogged("machine_joined");
  const everywhere = { schedule: "* * * * *", run_on: "all", overlap: "allow" };
  for (const catch_up of ["all", "last"])
    await fleet.putJob({ name: catch_up, ...everywhere, catch_up, actions: [post(target, catch_up, { retries: 0 })] });
  const due = (path: string, machine: string) =>
    target
      .at(path)
      .filter((it) => machineOf(it) === machine)
      .map((it) => Date.parse(it.headers["x-fleetcron-scheduled-for"] ?? ""));
  const until = (what: string, isThere: () => boolean) =>
    eventually(what, ARRIVAL_MS_MAX, () => (isThere() ? true : undefined));
  await until("runs on both machines", () =>
    ["/all", "/last"].every((path) => [stays, goes].every((it) => due(path, it.machineId).length > 0)),
  );
  goes.signal("SIGKILL");
  await goes.ended;
  const off = Math.max(...due("/all", goes.machineId));
  await until("occurrences without it", () => Math.max(...due("/all", stays.machineId)) > off + MISSED_MIN * MINUTE_MS);
  await fleet.startAgent(goes.home, { env: env() });
  const back = Math.max(...due("/all", stays.machineId));
  await until("runs of both afterwards", () =>
    ["/all", "/last"].every((path) =>
      [stays, goes].every((it) => Math.max(...due(path, it.machineId)) > back + MINUTE_MS),
    ),
  );

  for (const machine of [stays.machineId, goes.machineId]) expect(gaps(due("/all", machine))).toEqual([]);
  expect(gaps(due("/last", stays.machineId))).toEqual([]);
  const missed = await fleet.db
    .collection<RunRow>("job_runs")
    .find({ status: "missed" })
    .sort({ scheduled_for: 1 })
    .toArray();
  expect(missed.map((it) => [it["job_name"], it._id.endsWith(`|${goes.machineId}`)])).toEqual(
    missed.map(() => ["last", true]),
  );
  expect(missed.length).toBeGreaterThanOrEqual(MISSED_MIN - 1);
  const both = [...due("/last", goes.machineId), ...missed.map((it) => it.scheduled_for.getTime())];
  expect(gaps(both)).toEqual([]);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  report(context, {
    "missed while it was off": missed.length + 1,
    "minutes in all": due("/all", stays.machineId).length,
  });
});

/** Where times are not exactly a minute apart. */
function gaps(times: readonly number[]): readonly string[] {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted
    .filter((it, index) => index > 0 && it - (sorted[index - 1] ?? 0) !== MINUTE_MS)
    .map((it) => `before ${new Date(it).toISOString()}`);
}
