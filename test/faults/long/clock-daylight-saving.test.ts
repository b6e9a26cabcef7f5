import { describe, expect, test, type TestContext } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { startFakedMongod } from "../support/faked-mongod.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";

/** How much faster than ours the clocks of the agents and of MongoDB run. */
const RATE = 30;
/** In which mongod and the agents start, on their clock. */
const LEAD_MS = 30 * 60_000;
/** After the window, on their clock: whatever was due in it has been sent by then. */
const TAIL_MS = 3 * 60_000;
const AGENTS = 2;

interface Night {
  readonly zone: string;
  readonly name: string;
  /** Between them is looked at, the second one included; UTC. */
  readonly from: string;
  readonly to: string;
  /** The times at which each schedule is to fire, in UTC. */
  readonly fires: Readonly<Record<string, readonly string[]>>;
}

const NIGHTS: readonly Night[] = [
  {
    zone: "Europe/Berlin",
    name: "spring: at 02:00, 01:00 in UTC, it becomes 03:00",
    from: "2027-03-28T00:40Z",
    to: "2027-03-28T02:10Z",
    fires: {
      "45 1 * * *": ["00:45"],
      // Fixed times that do not exist: at the first minute after the gap.
      "30 2 * * *": ["01:00"],
      "15,45 2 * * *": ["01:00"],
      "30 2,3 * * *": ["01:00", "01:30"],
      "2027-03-28T02:30": ["01:00"],
      "0 3 * * *": ["01:00"],
      "0 4 * * *": ["02:00"],
      // Recurring minutes that do not exist are not made up.
      "*/15 2 * * *": [],
      "30 * * * *": ["01:30"],
      "*/30 * * * *": ["01:00", "01:30", "02:00"],
    },
  },
  {
    zone: "Europe/Berlin",
    name: "autumn: at 03:00, 01:00 in UTC, it becomes 02:00 again",
    from: "2027-10-30T23:50Z",
    to: "2027-10-31T02:10Z",
    fires: {
      "0 2 * * *": ["00:00"],
      // Fixed times that exist twice: the first time.
      "30 2 * * *": ["00:30"],
      "15,45 2 * * *": ["00:15", "00:45"],
      "0 2,3 * * *": ["00:00", "02:00"],
      "2027-10-31T02:30": ["00:30"],
      "0 3 * * *": ["02:00"],
      // Recurring ones: in each real minute.
      "*/15 2 * * *": ["00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"],
      "30 * * * *": ["00:30", "01:30"],
      "*/30 * * * *": ["00:00", "00:30", "01:00", "01:30", "02:00"],
    },
  },
  {
    zone: "America/New_York",
    name: "spring: at 02:00, 07:00 in UTC, it becomes 03:00",
    from: "2027-03-14T06:40Z",
    to: "2027-03-14T08:10Z",
    fires: {
      "45 1 * * *": ["06:45"],
      "30 2 * * *": ["07:00"],
      "15,45 2 * * *": ["07:00"],
      "30 2,3 * * *": ["07:00", "07:30"],
      "2027-03-14T02:30": ["07:00"],
      "0 3 * * *": ["07:00"],
      "0 4 * * *": ["08:00"],
      "*/15 2 * * *": [],
      "30 * * * *": ["07:30"],
      "*/30 * * * *": ["07:00", "07:30", "08:00"],
    },
  },
  {
    zone: "America/New_York",
    name: "autumn: at 02:00, 06:00 in UTC, it becomes 01:00 again",
    from: "2027-11-07T04:50Z",
    to: "2027-11-07T07:10Z",
    fires: {
      "0 1 * * *": ["05:00"],
      "30 1 * * *": ["05:30"],
      "15,45 1 * * *": ["05:15", "05:45"],
      "0 1,2 * * *": ["05:00", "07:00"],
      "2027-11-07T01:30": ["05:30"],
      "0 2 * * *": ["07:00"],
      "*/15 1 * * *": ["05:00", "05:15", "05:30", "05:45", "06:00", "06:15", "06:30", "06:45"],
      "30 * * * *": ["05:30", "06:30"],
      "*/30 * * * *": ["05:00", "05:30", "06:00", "06:30", "07:00"],
    },
  },
  {
    zone: "Australia/Lord_Howe",
    name: "spring: at 02:00, 15:30 in UTC, it becomes 02:30",
    from: "2027-10-02T15:10Z",
    to: "2027-10-02T16:40Z",
    fires: {
      "45 1 * * *": ["15:15"],
      "15 2 * * *": ["15:30"],
      "10,20 2 * * *": ["15:30"],
      "15,45 2 * * *": ["15:30", "15:45"],
      "2027-10-03T02:15": ["15:30"],
      "30 2 * * *": ["15:30"],
      "*/15 2 * * *": ["15:30", "15:45"],
      "15 * * * *": ["16:15"],
      "*/30 * * * *": ["15:30", "16:00", "16:30"],
    },
  },
  {
    zone: "Australia/Lord_Howe",
    name: "autumn: at 02:00, 15:00 in UTC, it becomes 01:30 again",
    from: "2027-04-03T14:10Z",
    to: "2027-04-03T16:10Z",
    fires: {
      "15 1 * * *": ["14:15"],
      "45 1 * * *": ["14:45"],
      "35,45 1 * * *": ["14:35", "14:45"],
      "30 1,2 * * *": ["14:30", "16:00"],
      "2027-04-04T01:45": ["14:45"],
      "0 2 * * *": ["15:30"],
      "*/15 1 * * *": ["14:15", "14:30", "14:45", "15:00", "15:15"],
      "45 * * * *": ["14:45", "15:15"],
      "*/30 * * * *": ["14:30", "15:00", "15:30", "16:00"],
    },
  },
];

/** The times at which each schedule fired, in order, as the target saw it. */
async function liveThrough(context: TestContext, night: Night): Promise<Night["fires"]> {
  const fakeTime = needFakeTime(context);
  const [from, to] = [Date.parse(night.from), Date.parse(night.to)];
  const mongod = await startFakedMongod(context, fakeTime.startingAt(from - LEAD_MS, RATE));
  const config = {
    lease: { heartbeat_sec: 3 * RATE, ttl_sec: 12 * RATE, guard_sec: 3 * RATE },
    http_defaults: { timeout_sec: 3_600, retry: { retries: 0 } },
  };
  const fleet = await openFleet(context, { database: mongod.database, config });
  const { localTime } = await fleet.db.admin().command({ hello: 1 });
  const askedAt = performance.now();
  const now = () => (localTime as Date).getTime() + (performance.now() - askedAt) * RATE;

  const schedules = Object.keys(night.fires);
  for (const [index, schedule] of schedules.entries())
    await fleet.putJob({
      name: schedule,
      schedule,
      tz: night.zone,
      url: `${fleet.target.url}/${index}`,
      overlap: "allow",
      catch_up: "all",
    });
  for (let count = 0; count < AGENTS; count++)
    await fleet.startAgent(undefined, { env: fakeTime.startingAt(now(), RATE) });
  const states = fleet.db.collection("job_state");
  await eventually("plan of every job before the window", (from - now()) / RATE, async () =>
    (await states.countDocuments({ schedule: { $type: "string" } })) === schedules.length ? true : undefined,
  );
  expect(now()).toBeLessThan(from);
  await eventually("end of the night", (to - now() + 2 * TAIL_MS) / RATE, () =>
    now() > to + TAIL_MS ? true : undefined,
  );

  const arrivals = fleet.target.arrivals.map((it) => ({
    schedule: schedules[Number(it.path.slice(1))] ?? it.path,
    due: Date.parse(it.headers["x-fleetcron-scheduled-for"] ?? ""),
  }));
  const fired = (schedule: string) =>
    arrivals
      .filter((it) => it.schedule === schedule && it.due > from && it.due <= to)
      .map((it) => new Date(it.due).toISOString().slice(11, 16))
      .toSorted();
  expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  const count = Object.values(night.fires).flat().length;
  report(context, { schedules: schedules.length, "fired as by the rule": count, "times as fast": RATE });
  return Object.fromEntries(schedules.map((it) => [it, fired(it)]));
}

describe.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])("in %s", (zone) => {
  test.concurrent.for(NIGHTS.filter((it) => it.zone === zone))(
    "F24: what fires at agents on a fast clock is what the rule says, in $name",
    { timeout: 900_000 },
    async (night, context) => {
      expect(await liveThrough(context, night)).toEqual(night.fires);
    },
  );
});
