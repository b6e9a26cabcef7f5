import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Fleet, heldSerials, openFleet } from "./fleet.ts";

const MINUTE_MS = 60_000;
const MACHINE_ID = randomUUID();

/** What an agent of the original leaves in its database. */
async function writeOriginal({ db, target }: Fleet, lastOnline: Date): Promise<void> {
  await db.collection("machines").createIndex({ machine_id: 1 }, { unique: true });
  await db.collection("machines").insertOne({
    machine_id: MACHINE_ID,
    hostname: "old-host",
    serial: 1,
    last_online_minute: lastOnline,
  });
  await db.collection("serials").createIndex({ serial: 1 }, { unique: true });
  await db.collection("serials").insertOne({ serial: 1, machine_id: MACHINE_ID });
  await db.collection("job_runs").createIndex({ job_id: 1, scheduled_for: 1 }, { unique: true });
  await db.collection("job_runs").insertOne({ job_id: "j", scheduled_for: new Date(0), status: "running" });
  await db
    .collection("jobs")
    .insertOne({ name: "report", enabled: true, hour: 3, minute: 0, method: "GET", url: `${target.url}/report` });
  await db.collection("commands").insertOne({ type: "reload_jobs", target: "all", created_at: new Date(0) });
  await db.collection("commands").insertOne({ type: "stop", target: "all" });
}

describe.concurrent("on a database of the original", () => {
  test("agents take over, keep what was there, and run its jobs", async (context) => {
    const fleet = await openFleet(context);
    await writeOriginal(fleet, new Date(Date.now() - 10 * MINUTE_MS));
    const home = await fleet.makeHome();
    await writeFile(join(home, "machine.json"), JSON.stringify({ machine_id: MACHINE_ID }));
    const first = await fleet.startAgent(home);
    await fleet.startAgents(2);
    expect(await first.untilLogged("machine_joined")).toMatchObject({ machine: MACHINE_ID });
    expect([...(await heldSerials(fleet.db)).keys()]).toContain(MACHINE_ID);

    const original = async (name: string) => fleet.db.collection(`original_${name}`).find().toArray();
    expect(await original("machines")).toMatchObject([{ machine_id: MACHINE_ID, hostname: "old-host" }]);
    expect(await original("serials")).toMatchObject([{ serial: 1, machine_id: MACHINE_ID }]);
    expect(await original("job_runs")).toMatchObject([{ job_id: "j", status: "running" }]);
    expect(await fleet.db.listCollections({ name: /^original_.*_2$/ }).toArray()).toEqual([]);
    expect(await fleet.ended(await fleet.runJob("report"))).toMatchObject({ status: "ok" });
    expect(fleet.target.at("/report").length).toBe(1);
    // Commands that are older than the fleet are not for it.
    expect(await fleet.db.collection("command_acks").countDocuments({ key: "seen", status: "expired" })).toBe(2);
    expect(await fleet.db.collection("command_acks").countDocuments({ key: { $nin: ["seen", "leader"] } })).toBe(0);
  });

  test("an agent refuses to start while one of the original is alive, and names its host", async (context) => {
    const fleet = await openFleet(context);
    await writeOriginal(fleet, new Date());
    const agent = await fleet.startAgent();
    const { exitCode, stderr } = await agent.ended;
    expect(exitCode).toBe(6);
    expect(stderr).toContain("an agent of the original FleetCron is alive on old-host");
    expect(stderr).toContain("stop the original on every machine");
    const names = (await fleet.db.listCollections({}, { nameOnly: true }).toArray()).map((it) => it.name);
    expect(new Set(names)).toEqual(new Set(["machines", "serials", "job_runs", "jobs", "commands"]));
    expect(await fleet.db.collection("serials").find().toArray()).toMatchObject([{ serial: 1 }]);
  });
});
