import type { Document } from "mongodb";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { noAnswer } from "../support/target.ts";
import { type Fleet, HANDED_ON_MS_MAX, openFleet, type RunRow } from "./fleet.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NEXT_MINUTE_MS_MAX = MINUTE_MS + 10_000;
const SETTLED_MS_MAX = 20_000;

/** What the command line says, on success. */
async function why(fleet: Fleet, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await fleet.cli("run", "why", ...args);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return stdout;
}

function clockTime(at: Date): string {
  return at.toISOString().slice(0, 16);
}

/** The plan of a job, once an agent has moved its cursor as meant. */
async function untilPlanned(fleet: Fleet, job: string, schedule: Document): Promise<Document> {
  const states = fleet.db.collection<Document & { _id: string }>("job_state");
  return eventually("plan of the job", SETTLED_MS_MAX, async () => {
    const state = await states.findOne({ _id: job, planned_to: { $type: "date" }, schedule });
    return state ?? undefined;
  });
}

/** Lets everything that is stored about the past have happened an hour earlier, as if the test had slept since. */
async function sleepAnHour({ db }: Fleet): Promise<void> {
  const earlier = (field: string) => ({ $subtract: [field, HOUR_MS] });
  const earlierText = { $dateToString: { date: earlier({ $toDate: "$facts.planned_to" } as never) } };
  await db
    .collection("events")
    .updateMany({ "facts.planned_to": { $exists: true } }, [{ $set: { "facts.planned_to": earlierText } }]);
  await db.collection("events").updateMany({}, [{ $set: { at: earlier("$at") } }]);
  await db.collection("machines").updateMany({}, [{ $set: { joined_at: earlier("$joined_at") } }]);
  await db.collection("job_revisions").updateMany({}, [{ $set: { first_seen: earlier("$first_seen") } }]);
  await db
    .collection("job_state")
    .updateMany({ planned_to: { $type: "date" } }, [{ $set: { planned_to: earlier("$planned_to") } }]);
}

/** The last Sunday of March of the coming year: clocks in Berlin go from 02:00 to 03:00. */
function springGap(): string {
  const last = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 2, 31));
  last.setUTCDate(31 - last.getUTCDay());
  return last.toISOString().slice(0, 10);
}

describe.concurrent("run why, asked on the command line of a real fleet,", { timeout: 150_000 }, () => {
  test("names both agents of a run that was taken over, the time, and each step's attempts", async (context) => {
    const fleet = await openFleet(context);
    const agents = await fleet.startAgents(2);
    fleet.target.on("/due", (_, nth) => (nth === 1 ? noAnswer() : {}));
    const job = await fleet.putJob({
      name: "handed on",
      schedule: "* * * * *",
      retry: { retries: 3 },
      url: `${fleet.target.url}/due`,
    });
    const arrival = await fleet.target.arrived("/due", 1, NEXT_MINUTE_MS_MAX);
    const run = await fleet.untilRun(arrival.run, (it) => it.status === "running");
    const owner = agents.find((it) => it.machineId === run.claimed_by);
    owner?.signal("SIGKILL");
    await fleet.target.arrived("/due", 2, 3 * HANDED_ON_MS_MAX);
    await fleet.ended(arrival.run);
    const words = await eventually("event about the change of hands", SETTLED_MS_MAX, async () => {
      const said = await why(fleet, job.toHexString(), clockTime(run.scheduled_for));
      return said.includes("went on") ? said : undefined;
    });
    expect(words).toMatch(/^It ran on \S.* after 1 change of hands, went well and took \d+/m);
    expect(words).toMatch(/went on +at \d\d:\d\d:\d\d: from (\S.*) to (?!\1$)\S.*$/m);
    expect(words).toMatch(/step +1 .*: ok, 2 attempts, HTTP 200/);
    expect(words).toMatch(/due +yes: \* \* \* \* \* \(UTC\)/);
  });

  test("says of a minute in which all agents were off that it was missed, that nobody was alive, and what to type", async (context) => {
    const fleet = await openFleet(context);
    const [agent] = await fleet.startAgents(1);
    const id = (
      await fleet.putJob({ name: "slept", schedule: "* * * * *", url: `${fleet.target.url}/due` })
    ).toHexString();
    await untilPlanned(fleet, id, { $type: "string" });
    agent?.signal("SIGTERM");
    await agent?.ended;
    await sleepAnHour(fleet);
    const halfAnHourAgo = new Date(Date.now() - HOUR_MS / 2);
    expect(await why(fleet, "slept", clockTime(halfAnHourAgo))).toContain("no agent leads the fleet at present");

    await fleet.startAgent(agent?.home);
    await eventually("record of the miss", SETTLED_MS_MAX, async () => {
      const records = fleet.db.collection<RunRow>("job_runs");
      const minute = new Date(Math.floor(halfAnHourAgo.getTime() / MINUTE_MS) * MINUTE_MS);
      return (await records.findOne({ job_id: id, scheduled_for: minute, status: "missed" })) ?? undefined;
    });
    const words = await why(fleet, "slept", clockTime(halfAnHourAgo));
    expect(words).toContain("It was due and did not run: it is recorded as missed:");
    expect(words).toMatch(/late +no agent was alive from \S.* until \d\d:\d\d:\d\d$/m);
    expect(words).toMatch(/alive +0 of 1; off: /);
    expect(words.trimEnd().split("\n").at(-1)).toMatch(
      /^Make up for it: fleetcron job backfill slept --from \S+ --to \S+$/,
    );
  });

  test("says of a paused job that it was paused and since when, and of the time to come that it will not run", async (context) => {
    const fleet = await openFleet(context);
    await fleet.startAgents(1);
    const id = (
      await fleet.putJob({ name: "held", schedule: "* * * * *", url: `${fleet.target.url}/due` })
    ).toHexString();
    await untilPlanned(fleet, id, { $type: "string" });
    await fleet.acks(await fleet.send({ type: "pause_job", target: "leader", args: { job: "held" } }), 1);
    await untilPlanned(fleet, id, { $type: "null" });
    const tomorrow = await why(fleet, "held", "tomorrow", "12:05");
    expect(tomorrow).toContain("It will not run: the job is paused.");
    await eventually("event about the pause", SETTLED_MS_MAX, async () => {
      const found = await fleet.db.collection("events").findOne({ type: "job_changed", "facts.why": "paused" });
      return found ?? undefined;
    });
    await sleepAnHour(fleet);
    const words = await why(fleet, "held", clockTime(new Date(Date.now() - HOUR_MS / 2)));
    expect(words).toContain("It was not due then: the job was paused.");
    expect(words).toMatch(/job +paused since /);
    expect(words.trimEnd()).toMatch(/End the pause: fleetcron job resume held$/);
  });

  test("says of a time in the spring gap whether the job makes it up", async (context) => {
    const fleet = await openFleet(context);
    await fleet.startAgents(1);
    const url = `${fleet.target.url}/due`;
    await fleet.putJob({ name: "each half hour", schedule: "*/30 * * * *", tz: "Europe/Berlin", url });
    await fleet.putJob({ name: "nightly", schedule: "30 2 * * *", tz: "Europe/Berlin", url });
    const gap = `${springGap()}T02:30`;
    const recurring = await why(fleet, "each half hour", gap);
    expect(recurring).toContain("It is not due then: 02:30 did not exist that day, as the clocks were put forward.");
    const fixed = await why(fleet, "nightly", gap);
    expect(fixed).toContain("did not exist, so it counted at 03:00:00");
    expect((await fleet.cli("run", "why", "nightlY", gap)).exitCode).toBe(3);
  });
});
