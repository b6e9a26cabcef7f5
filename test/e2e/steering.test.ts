import { expect, test } from "vitest";
import { openFleet } from "./fleet.ts";

const HOUR_MS = 3_600_000;

test("people pause and resume a job, make up for what it did not run, and take a machine out of service", async (context) => {
  const fleet = await openFleet(context);
  const agents = await fleet.startAgents(2);
  const job = await fleet.putJob({ name: "hourly", schedule: "0 * * * *", tz: "UTC", url: fleet.target.url });
  const ok = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await fleet.cli(...args);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    return stdout;
  };

  expect(await ok("job", "pause", "hourly")).toContain('job "hourly" is paused until it is resumed');
  const state = () => fleet.db.collection<{ _id: string }>("job_state").findOne({ _id: job.toHexString() });
  expect(await state()).toMatchObject({ paused_until: true });
  expect(await ok("job", "list")).toMatch(/hourly +paused/);
  expect(await ok("job", "resume", "hourly")).toContain("is not paused any more");
  expect(await state()).not.toHaveProperty("paused_until");
  await ok("job", "pause", "hourly", "--until", "2999-01-01");
  expect(await state()).toMatchObject({ paused_until: new Date("2999-01-01") });

  const from = new Date(Date.now() - 3 * HOUR_MS).toISOString();
  const backfill = ["job", "backfill", "hourly", "--from", from, "--to", new Date(Date.now() - 1_000).toISOString()];
  const asked = [...backfill, "--yes", "--wait", "--output", "json"];
  const made = JSON.parse(await ok(...asked)) as { trigger: string; status: string }[];
  expect(made.map((it) => [it.trigger, it.status])).toEqual(made.map(() => ["backfill", "ok"]));
  expect(made.length).toBeGreaterThanOrEqual(2);
  expect(JSON.parse(await ok(...asked))).toEqual({ command: null, runs: [] });
  expect(fleet.target.arrivals.length).toBe(made.length);

  const leader = await fleet.leaderOf(agents);
  const other = agents.find((it) => it !== leader);
  expect(await ok("machine", "drain", leader.machineId ?? "", "--wait")).toContain("runs nothing");
  expect(await ok("machine", "list")).toContain("draining");
  const run = JSON.parse(await ok("job", "run", "hourly", "--wait", "--output", "json")) as Record<string, unknown>;
  expect(run).toMatchObject({ status: "ok", machine_id: other?.machineId });
  expect(await ok("machine", "undrain", leader.machineId ?? "")).toContain("takes runs again");

  expect(await ok("command", "send", "log_level", "level=debug", "for_sec=60", "--wait")).toContain("for 60 seconds");
  expect((await fleet.cli("machine", "forget", other?.machineId ?? "")).exitCode).toBe(6);
  other?.signal("SIGTERM");
  await other?.ended;
  await ok("machine", "forget", other?.machineId ?? "");
  expect(await fleet.db.collection("machines").countDocuments()).toBe(1);
}, 120_000);
