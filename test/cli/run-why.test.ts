import { describe, expect, test } from "vitest";
import type { FleetEventType } from "../../src/model/event.ts";
import type { JobId, RevisionId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { ScheduleHash } from "../../src/ports/cursor-store.ts";
import { innerStep, step } from "../conformance/samples.ts";
import { addJob, addMachine, addRun, lead, NOW } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const HOUR_MS = 3_600_000;

function tell(
  terminal: Terminal,
  at: number,
  type: FleetEventType,
  facts: Record<string, string | number | null>,
): void {
  terminal.fleet.told.push({ type, at: at as EpochMs, message: "", facts });
}

/** A job of 14:30 in Seoul, known for two days, and a fleet of one machine. It is 14:00 there. */
function terminalWithJob(fields: Record<string, unknown> = {}): Terminal {
  const terminal = createTerminal();
  addJob(terminal.fleet, "prices", fields);
  addMachine(terminal.fleet, "web-1", 1, { joinedAt: (NOW - 72 * HOUR_MS) as EpochMs });
  lead(terminal.fleet, "web-1");
  const plannedTo = new Date(NOW - 48 * HOUR_MS).toISOString();
  const facts = { job_id: "prices", why: "created", revision: "revision", from_revision: null, planned_to: plannedTo };
  tell(terminal, NOW - 71 * HOUR_MS, "machine_joined", { machine_id: "id-of-web-1", serial: 1 });
  tell(terminal, NOW - 71 * HOUR_MS, "leader_changed", { machine_id: "id-of-web-1" });
  tell(terminal, NOW - 71 * HOUR_MS, "clock_offset", { machine_id: "id-of-web-1", offset_ms: 12 });
  tell(terminal, NOW - 48 * HOUR_MS, "job_changed", facts);
  terminal.fleet.cursor = {
    jobId: "prices" as JobId,
    schedule: "hash" as ScheduleHash,
    plannedTo: (NOW - 60_000) as EpochMs,
    revision: "revision" as RevisionId,
    fleetZone: "Asia/Seoul",
  };
  return terminal;
}

describe("run why", () => {
  test("says in plain words what became of a run, and what stands behind it", async () => {
    const terminal = terminalWithJob();
    const scheduledFor = (NOW - 23.5 * HOUR_MS) as EpochMs;
    addRun(terminal.fleet, "prices|2026-11-20T14:30[Asia/Seoul]|fleet", {
      scheduledFor,
      local: "2026-11-20T14:30:00+09:00",
      status: "error",
      reason: 'step 1 "get" failed: HTTP 503 after 3 attempts',
      claimedAt: (scheduledFor + 120) as EpochMs,
      startAt: (scheduledFor + 250) as EpochMs,
      endAt: (scheduledFor + 9_000) as EpochMs,
      steps: [
        {
          index: 0,
          name: "get",
          status: "error",
          attempts: 3,
          statusCode: 503,
          elapsedMs: 120,
          responseSample: "gone\n\u001b[31mred",
          error: "HTTP 503",
          nextAttemptAt: undefined,
        },
      ],
    });
    const { stdout, stderr, exitCode } = await terminal.run("run", "why", "prices", "yesterday", "14:30");
    expect(stderr).toBe("");
    expect(stdout).toBe(`prices at 2026-11-20 14:30 +09:00 Asia/Seoul (23 h ago)
It ran on web-1 and failed: step 1 "get" failed: HTTP 503 after 3 attempts.

  due      yes: daily at 14:30 (Asia/Seoul)
  job      version revision, in force since 2026-11-19 14:00:00
  claimed  at 14:30:00 by web-1, 120 ms after its minute, started at 14:30:00
  step     1 get: failed, 3 attempts, HTTP 503, 120 ms, HTTP 503; it answered: gone\\n\\x1b[31mred
  led by   web-1
  alive    1 of 1: web-1 (serial 1)
  MongoDB  no outage is told

See each answer: fleetcron run show 'prices|2026-11-20T14:30[Asia/Seoul]|fleet'; run it again: fleetcron job run prices --wait
`);
    expect(exitCode).toBe(0);
  });

  test("tells of a list how its items ended and what the first that failed came to, and what a step waits for", async () => {
    const terminal = terminalWithJob();
    const scheduledFor = (NOW - 23.5 * HOUR_MS) as EpochMs;
    const waitsUntil = (scheduledFor + HOUR_MS) as EpochMs;
    const items = { total: 1_000, ok: 800, failed: 199, skipped: 1 };
    const failed = { status: "error", attempts: 3, error: "$.ok must equal true, got false" } as const;
    addRun(terminal.fleet, "prices|2026-11-20T14:30[Asia/Seoul]|fleet", {
      scheduledFor,
      local: "2026-11-20T14:30:00+09:00",
      status: "running",
      startAt: scheduledFor,
      endAt: undefined,
      steps: [
        step(0, { name: "machines", status: "error", attempts: 0, items, error: "199 of 1,000 items failed" }),
        ...Array.from({ length: 199 }, (_, index) => innerStep("0", index * 5, { name: `m-${index * 5}`, ...failed })),
        step(1, { name: "clean", status: "running", attempts: 0 }),
        innerStep("1", 0, { name: "poll", status: "waiting", attempts: 0, polls: 3, nextAttemptAt: waitsUntil }),
        step(2, { name: "sleep", status: "waiting", attempts: 0, nextAttemptAt: waitsUntil, part: "finally" }),
      ],
    });
    const { stdout } = await terminal.run("run", "why", "prices", "yesterday", "14:30");
    const [, steps = ""] = /^ {2}step {5}([^]*?)\n {2}led by/m.exec(stdout) ?? [];
    expect(steps.split("\n").map((it) => it.trim())).toEqual([
      "1 machines: failed, 800 ok, 199 failed, 1 skipped of 1,000, 199 of 1,000 items failed",
      "1.1 m-0: failed, 3 attempts, $.ok must equal true, got false",
      "1.6 m-5: failed, 3 attempts, $.ok must equal true, got false",
      "1.11 m-10: failed, 3 attempts, $.ok must equal true, got false",
      "2 clean: under way",
      "2.1 poll: waits for its next attempt, poll 4, next attempt at 15:30:00",
      "3 sleep (finally): waits until 15:30:00",
    ]);
  });

  test("tells machines with the same hostname apart", async () => {
    const terminal = terminalWithJob();
    addMachine(terminal.fleet, "web-1", 2, {
      machineId: "id-of-twin" as MachineId,
      joinedAt: (NOW - 72 * HOUR_MS) as EpochMs,
    });
    tell(terminal, NOW - 71 * HOUR_MS, "machine_joined", { machine_id: "id-of-twin", serial: 2 });
    const run = "prices|2026-11-20T14:30[Asia/Seoul]|fleet";
    const scheduledFor = (NOW - 23.5 * HOUR_MS) as EpochMs;
    addRun(terminal.fleet, run, { scheduledFor, claimedAt: scheduledFor, takeovers: 1, startAt: scheduledFor });
    tell(terminal, scheduledFor + 20_000, "run_taken_over", {
      job_id: "prices",
      run,
      from_machine_id: "id-of-twin",
      to_machine_id: "id-of-web-1",
    });
    const { stdout } = await terminal.run("run", "why", "prices", "yesterday", "14:30");
    expect(stdout).toContain("It ran on web-1 (serial 1) after 1 change of hands");
    expect(stdout).toContain("from web-1 (serial 2) to web-1 (serial 1)");
    expect(stdout).toContain("led by   web-1 (serial 1)\n");
    expect(stdout).toContain("alive    2 of 2: web-1 (serial 1), web-1 (serial 2, clock unknown)");
  });

  test("says of a miss for which no machine fitted what to change before it is made up for", async () => {
    const terminal = terminalWithJob();
    const scheduledFor = (NOW - 23.5 * HOUR_MS) as EpochMs;
    const reason = "no live machine matches the job's where: labels site=moon";
    const recordedAt = (scheduledFor + 5_200) as EpochMs;
    const miss = {
      scheduledFor,
      status: "missed",
      reason,
      claimedAt: undefined,
      startAt: undefined,
      recordedAt,
    } as const;
    addRun(terminal.fleet, "prices|2026-11-20T14:30[Asia/Seoul]|fleet", miss);
    const { stdout } = await terminal.run("run", "why", "prices", "yesterday", "14:30");
    expect(stdout).toContain("late     the leader records that nobody can begin a run once 5 s are over");
    expect(stdout).toContain(
      "Change the job's where, or start an agent on a machine that it matches; then make up for it: fleetcron job backfill",
    );
  });

  test("gives programs the evidence, with the same answer", async () => {
    const terminal = terminalWithJob();
    const { stdout, exitCode } = await terminal.run("run", "why", "prices", "2026-11-21T04:31:00Z", "--output", "json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      job_id: "prices",
      at: "2026-11-21T04:31:00Z",
      tz: "Asia/Seoul",
      answer: ["It was not due then: its schedule does not name that minute."],
      advice: "See when it is due: fleetcron job next prices",
      scopes: [
        {
          scope: "fleet",
          outcome: "not_due",
          job: { state: "on", revision: "revision", known_by: "event" },
          due: { due: false, why: "schedule", before: "2026-11-20T05:30:00.000Z", after: "2026-11-21T05:30:00.000Z" },
          record: null,
        },
      ],
      leader: { hostname: "web-1", presence: "alive" },
      machines: [{ hostname: "web-1", presence: "alive", clock_offset_ms: 12 }],
      database_away: [],
    });
  });

  test("explains a time that did not exist, and where its run went", async () => {
    const fixed = terminalWithJob({ hour: 2, minute: 30, tz: "Europe/Berlin" });
    const plannedTo = new Date("2026-03-01T00:00:00Z").toISOString();
    fixed.fleet.told.splice(-1);
    tell(fixed, Date.parse(plannedTo), "job_changed", {
      job_id: "prices",
      why: "created",
      revision: "revision",
      from_revision: null,
      planned_to: plannedTo,
    });
    fixed.fleet.members.splice(0);
    addMachine(fixed.fleet, "web-1", 1, { joinedAt: Date.parse("2026-01-01T00:00:00Z") as EpochMs });
    const { stdout } = await fixed.run("run", "why", "prices", "2026-03-29", "02:30");
    expect(stdout).toContain("prices at 2026-03-29 02:30 Europe/Berlin");
    expect(stdout).toContain(
      "yes: daily at 02:30 (Europe/Berlin); 2026-03-29 02:30 did not exist, so it counted at 03:00:00",
    );
    expect(stdout).toContain(
      "but its record is not stored any more: unless the config says otherwise, runs that went well are kept for 7 days",
    );

    fixed.fleet.documents.set("prices", {
      ...fixed.fleet.documents.get("prices"),
      hour: undefined,
      minute: undefined,
      schedule: "*/30 * * * *",
    });
    const { stdout: recurring } = await fixed.run("run", "why", "prices", "2026-03-29", "02:30");
    expect(recurring).toContain("It was not due then: 02:30 did not exist that day, as the clocks were put forward.");
  });

  test("takes the id of a run in the place of a job and a time", async () => {
    const terminal = terminalWithJob();
    addRun(terminal.fleet, "prices|a|fleet");
    const { stdout, exitCode } = await terminal.run("run", "why", "prices|a|fleet");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("It ran on web-1, went well and took 3.2 s.");
    addRun(terminal.fleet, "prices|manual|x", { trigger: "manual" });
    const manual = await terminal.run("run", "why", "prices|manual|x");
    expect(manual.stderr).toContain("A person asked for this run");
    expect(manual.stdout).toContain("prices|manual|x");
  });

  test("knows a job that was deleted, as long as agents have known it", async () => {
    const terminal = terminalWithJob();
    terminal.fleet.documents.delete("prices");
    terminal.fleet.formerJobs.push({ id: "prices" as JobId, name: "prices" });
    tell(terminal, NOW - HOUR_MS, "job_changed", {
      job_id: "prices",
      why: "deleted",
      revision: null,
      from_revision: "revision",
      planned_to: new Date(NOW - HOUR_MS).toISOString(),
    });
    const { stdout } = await terminal.run("run", "why", "prices", "13:30");
    expect(stdout).toContain("It was not due then: the job had been deleted.");
    expect(stdout).toContain("fleetcron job apply FILE");
  });

  test("names near jobs where there is none of that name, with exit code 3", async () => {
    const { stderr, exitCode } = await terminalWithJob().run("run", "why", "price", "12:05");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("prices");
    expect((await terminalWithJob().run("run", "why", "price|x|fleet")).exitCode).toBe(3);
  });

  test.each([["noon"], ["25:00"], ["2026-02-30T12:00"]])(
    "refuses %s as a time, and says how to write one",
    async (time) => {
      const { stderr, exitCode } = await terminalWithJob().run("run", "why", "prices", time);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("yesterday 12:05");
    },
  );

  test("refuses a job without a time", async () => {
    const { stderr, exitCode } = await terminalWithJob().run("run", "why", "prices");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("fleetcron run why prices 12:05");
  });
});
