import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openFleet, type RunRow } from "./fleet.ts";

const MINUTE_MS = 60_000;
/** The leader leaves others' jobs to them for 5 s. */
const SWEPT_MS_MAX = 15_000;
const KILL_BEFORE_MS = 1_500;
const JOBS = Array.from({ length: 30 }, (_, index) => `spread-${index}`);

test('jobs with run_on "any" run once each at their minute, spread over the machines, also when one died just before; where holds', {
  timeout: 3 * MINUTE_MS,
}, async (context) => {
  const fleet = await openFleet(context);
  const agents = await fleet.startAgents(3);
  const labelled = await fleet.startAgent(await fleet.makeHome({ labels: { role: "db" } }));
  await labelled.untilLogged("machine_joined");
  const leader = await fleet.leaderOf(agents);
  const doomed = agents.find((it) => it !== leader);
  if (doomed === undefined) throw new Error("only the leader was started");
  await eventually("view of all four", 20_000, async () => {
    const view = await fleet.db.collection<{ _id: string; members: unknown[] }>("fleet").findOne({ _id: "view" });
    return view?.members.length === 4 ? view : undefined;
  });
  await eventually("a minute that has time left", MINUTE_MS, () =>
    Date.now() % MINUTE_MS < MINUTE_MS - 15_000 ? true : undefined,
  );
  const due = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  for (const name of JOBS)
    await fleet.putJob({ name, schedule: "* * * * *", run_on: "any", url: `${fleet.target.url}/${name}` });
  const where = { labels: { role: "db" } };
  await fleet.putJob({ name: "placed", schedule: "* * * * *", where, url: `${fleet.target.url}/placed` });
  await eventually("the moment before the minute", MINUTE_MS, () =>
    Date.now() > due - KILL_BEFORE_MS ? true : undefined,
  );
  doomed.signal("SIGKILL");

  const runs = await eventually("runs of every job", KILL_BEFORE_MS + SWEPT_MS_MAX, async () => {
    const found = await fleet.db
      .collection<RunRow>("job_runs")
      .find({ scheduled_for: new Date(due), status: "ok" })
      .toArray();
    return found.length === JOBS.length + 1 ? found : undefined;
  });
  expect(runs.map((it) => String(it["job_name"])).toSorted()).toEqual([...JOBS, "placed"].toSorted());
  const claimants = new Set(runs.map((it) => it.claimed_by));
  expect(claimants).toContain(leader.machineId);
  expect(claimants).not.toContain(doomed.machineId);
  expect(claimants.size).toBe(3);
  expect(runs.find((it) => it["job_name"] === "placed")?.claimed_by).toBe(labelled.machineId);
});
