import { describe, expect, test } from "vitest";
import { manualClaimOf } from "../../src/agent/job-plan.ts";
import type { Session } from "../../src/agent/session.ts";
import type { Job, JobId, RevisionId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Serial } from "../../src/model/member.ts";
import type { RunId } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { CommandAck } from "../../src/ports/command-sender.ts";
import { step } from "../conformance/samples.ts";
import { addJob, addMachine, addRun, lead, NOW } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const HOUR_AGO = (NOW - 3_600_000) as EpochMs;
const A_SESSION = { lease: { session: "s", serial: 1, token: 1 } } as unknown as Session;

function terminalWithAgent(): Terminal {
  const terminal = createTerminal();
  addJob(terminal.fleet, "prices");
  addMachine(terminal.fleet, "web-1", 1);
  lead(terminal.fleet, "web-1");
  return terminal;
}

describe("run list", () => {
  test("shows what ran, was late or missed, latest first", async () => {
    const terminal = terminalWithAgent();
    addRun(terminal.fleet, "prices|a|fleet");
    const earlier = (NOW - 7_200_000) as EpochMs;
    addRun(terminal.fleet, "prices|b|fleet", {
      scheduledFor: earlier,
      local: "2026-11-21T12:00:00+09:00",
      status: "missed",
      reason: "no agent was there",
      startAt: undefined,
      endAt: undefined,
      stretch: { last: earlier, count: 240 },
    });
    const { stdout, exitCode } = await terminal.run("run", "list");
    expect(stdout).toBe(
      [
        "SCHEDULED FOR                      JOB     STATUS  LATE    TOOK   ON     REASON                                  ID",
        "2026-11-21 13:00 +09:00 (1 h ago)  prices  ok      250 ms  3.2 s  web-1                                          prices|a|fleet",
        "2026-11-21 12:00 +09:00 (2 h ago)  prices  missed  -       -      web-1  240 times in a row: no agent was there  prices|b|fleet",
        "",
      ].join("\n"),
    );
    expect(exitCode).toBe(0);
  });

  test("is narrowed down by job, status, time and number", async () => {
    const terminal = terminalWithAgent();
    addJob(terminal.fleet, "other");
    addRun(terminal.fleet, "a");
    addRun(terminal.fleet, "b", { status: "error", scheduledFor: (NOW - 7_200_000) as EpochMs });
    addRun(terminal.fleet, "c", {
      jobId: "other" as JobId,
      jobName: "other",
      scheduledFor: (NOW - 90_000_000) as EpochMs,
    });
    const ids = async (...flags: string[]) => {
      const { stdout } = await terminal.run("run", "list", "--output", "json", ...flags);
      return (JSON.parse(stdout) as { id: string }[]).map((it) => it.id);
    };
    expect(await ids()).toEqual(["a", "b", "c"]);
    expect(await ids("--job", "prices")).toEqual(["a", "b"]);
    expect(await ids("--status", "error,missed")).toEqual(["b"]);
    expect(await ids("--since", "90m")).toEqual(["a"]);
    expect(await ids("--since", "2026-11-21")).toEqual(["a", "b"]);
    expect(await ids("--limit", "1")).toEqual(["a"]);
  });

  test("refuses statuses, times and numbers that are none", async () => {
    const terminal = terminalWithAgent();
    expect(await terminal.run("run", "list", "--status", "done")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Allowed choices are waiting, running, ok"),
    });
    expect((await terminal.run("run", "list", "--since", "lately")).exitCode).toBe(2);
    expect((await terminal.run("run", "list", "--limit", "0")).exitCode).toBe(2);
    expect((await terminal.run("run", "list", "--job", "nope")).exitCode).toBe(3);
  });
});

describe("run show", () => {
  test("shows who ran it, its steps, attempts and answers, with everything escaped that could rule a terminal", async () => {
    const terminal = terminalWithAgent();
    addRun(terminal.fleet, "prices|x|fleet", {
      status: "error",
      reason: 'step 1 "get" failed: HTTP 503 after 3 attempts',
      takeovers: 1,
      steps: [
        {
          index: 0,
          name: "get",
          status: "error",
          attempts: 3,
          statusCode: 503,
          elapsedMs: 120,
          responseSample: "gone\n\u001b[31mred\u202e",
          error: "HTTP 503",
          nextAttemptAt: undefined,
        },
      ],
    });
    const { stdout } = await terminal.run("run", "show", "prices|x|fleet");
    expect(stdout).toBe(`prices  error
  id         prices|x|fleet
  reason     step 1 "get" failed: HTTP 503 after 3 attempts
  scheduled  2026-11-21 13:00 +09:00 (1 h ago)
  trigger    its schedule
  started    59 min ago, 250 ms after its time
  took       3.2 s
  ran on     web-1 (serial 1)
  takeovers  1: another agent went on with it

#  STEP  STATUS  HTTP  ATTEMPTS  TOOK
1  get   error   503   3         120 ms
   HTTP 503

answer to step 1
  gone\\n\\x1b[31mred\\u202e
`);
    const { stdout: json } = await terminal.run("run", "show", "prices|x|fleet", "--output", "json");
    expect(JSON.parse(json)).toMatchObject({
      status: "error",
      hostname: "web-1",
      late_ms: 250,
      steps: [{ index: 0, attempts: 3, status_code: 503, response_sample: "gone\n\u001b[31mred\u202e" }],
    });
    expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Control}\u202e]/u);
  });

  test("tells machines with the same hostname apart, in the list and in the view", async () => {
    const terminal = terminalWithAgent();
    addMachine(terminal.fleet, "web-1", 7, { machineId: "id-of-twin" as MachineId });
    addRun(terminal.fleet, "mine", {});
    addRun(terminal.fleet, "others", { machineId: "id-of-twin" as MachineId, serial: 4 as Serial });
    const { stdout } = await terminal.run("run", "list");
    expect(stdout).toMatch(/web-1 \(serial 1\) .* mine$/m);
    expect(stdout).toMatch(/web-1 \(serial 7\) .* others$/m);
    expect((await terminal.run("run", "show", "others")).stdout).toContain(
      "ran on     web-1 (serial 4, machine id id-of-twin)",
    );
    expect(JSON.parse((await terminal.run("run", "show", "others", "--output", "json")).stdout)).toMatchObject({
      hostname: "web-1",
      machine_id: "id-of-twin",
    });
  });

  test("says of a step that was being sent when its run ended that its answer was never seen", async () => {
    const terminal = terminalWithAgent();
    const step = { index: 0, name: "get", status: "sending", attempts: 1 } as const;
    const nothing = { statusCode: undefined, elapsedMs: undefined, responseSample: undefined };
    const steps = [{ ...step, ...nothing, error: undefined, nextAttemptAt: undefined }];
    addRun(terminal.fleet, "over", { status: "interrupted", steps });
    addRun(terminal.fleet, "live", { status: "running", steps });
    expect((await terminal.run("run", "show", "over")).stdout).toContain("sent, its answer was never seen");
    expect((await terminal.run("run", "show", "live")).stdout).toMatch(/get +sending/);
  });

  test("tells when a run with jitter is due, and counts from there how late it began", async () => {
    const terminal = terminalWithAgent();
    const startAt = (HOUR_AGO + 30_400) as EpochMs;
    addRun(terminal.fleet, "jittered", {
      status: "running",
      scheduledFor: HOUR_AGO,
      dueAt: (HOUR_AGO + 30_000) as EpochMs,
      startAt,
      endAt: undefined,
    });
    const { stdout } = await terminal.run("run", "show", "jittered");
    expect(stdout).toMatch(/due +59 min ago, after its jitter/);
    expect(stdout).toMatch(/started +59 min ago, 400 ms after its time/);
    const { stdout: json } = await terminal.run("run", "show", "jittered", "--output", "json");
    expect(JSON.parse(json)).toMatchObject({ late_ms: 400, due_at: new Date(HOUR_AGO + 30_000).toISOString() });
  });

  test("ends with 3 for a run that is not there", async () => {
    expect(await terminalWithAgent().run("run", "show", "nope")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no run has the id "nope"'),
    });
  });
});

describe("run cancel", () => {
  test("asks the leader to end a live run", async () => {
    const terminal = terminalWithAgent();
    addRun(terminal.fleet, "prices|x|fleet", { status: "running", endAt: undefined });
    expect((await terminal.run("run", "cancel", "prices|x|fleet")).exitCode).toBe(0);
    expect(terminal.fleet.sent).toMatchObject([
      { type: "cancel_run", target: { kind: "leader" }, args: { run: "prices|x|fleet" } },
    ]);
  });

  test("says that a run has ended, and sends nothing", async () => {
    const terminal = terminalWithAgent();
    addRun(terminal.fleet, "prices|x|fleet");
    expect(await terminal.run("run", "cancel", "prices|x|fleet")).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("it is ok"),
    });
    expect(terminal.fleet.sent).toEqual([]);
  });
});

describe("job run", () => {
  test("asks the leader and says where to look", async () => {
    const terminal = terminalWithAgent();
    const { exitCode, stdout } = await terminal.run("job", "run", "prices");
    expect(stdout).toBe(
      "Asked the leader to run \"prices\"\nSee it with: fleetcron run show 'prices|manual|command-1'\n",
    );
    expect(exitCode).toBe(0);
    expect(terminal.fleet.sent).toMatchObject([
      { type: "run_job", target: { kind: "leader" }, args: { job: "prices" } },
    ]);
  });

  test("gives the run its vars: what is JSON as that value, anything else as a text", async () => {
    const terminal = terminalWithAgent();
    const vars = ["site=seoul", 'ids=[1,"a",{"b.c":null}]', "on=true", "day=2026-11-21", "zip=01234", "a=x=y", "none="];
    const { exitCode } = await terminal.run("job", "run", "prices", ...vars.flatMap((it) => ["--var", it]));
    expect(exitCode).toBe(0);
    expect(terminal.fleet.sent.map((it) => it.args)).toEqual([
      {
        job: "prices",
        vars: {
          site: "seoul",
          ids: [1, "a", { "b.c": null }],
          on: true,
          day: "2026-11-21",
          zip: "01234",
          a: "x=y",
          none: "",
        },
      },
    ]);
  });

  test.each([
    [["site"], '--var "site" gives no variable'],
    [["=1"], '--var "=1" gives no variable'],
    [["a=1", "a=2"], "--var a is there twice; keep one"],
    [["a.b=1"], "/args/vars/a.b  is not a name that a template can use"],
    [["__proto__=1"], "refused for safety"],
    [["n=123456789012345678901234567890"], "a whole number is beyond 64 bits; write it as a text in quotes"],
    [[`big=${"x".repeat(17_000)}`], "must be at most 16384 bytes as JSON"],
  ])("sends nothing for vars that agents would reject: %j", async (vars, words) => {
    const terminal = terminalWithAgent();
    const { exitCode, stderr } = await terminal.run("job", "run", "prices", ...vars.flatMap((it) => ["--var", it]));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(terminal.fleet.sent).toEqual([]);
  });

  test("takes a machine or a serial, and refuses a machine that never joined", async () => {
    const terminal = terminalWithAgent();
    await terminal.run("job", "run", "prices", "--to", "web-1");
    await terminal.run("job", "run", "prices", "--to", "1");
    expect(terminal.fleet.sent.map((it) => it.target)).toEqual([
      { kind: "machine", name: "web-1" },
      { kind: "serial", serial: 1 },
    ]);
    expect(await terminal.run("job", "run", "prices", "--to", "99")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("no machine holds the serial 99"),
    });
    expect(await terminal.run("job", "run", "prices", "--to", "web-2")).toEqual({
      exitCode: 3,
      stdout: "",
      stderr: 'fleetcron: no machine has the id or hostname "web-2"\nDid you mean "web-1"?\n',
    });
  });

  test("waits for the end, shows the run, and ends as it did", async () => {
    for (const [status, exitCode] of [
      ["ok", 0],
      ["error", 1],
      ["cancelled", 1],
    ] as const) {
      const terminal = terminalWithAgent();
      let looks = 0;
      terminal.onSleep = () => {
        looks++;
        if (looks === 2) addRun(terminal.fleet, "prices|manual|command-1", { status: "running", trigger: "manual" });
        const run = terminal.fleet.history.pop();
        if (run !== undefined) terminal.fleet.history.push({ ...run, status: looks > 4 ? status : "running" });
      };
      const result = await terminal.run("job", "run", "prices", "--wait");
      expect(result).toMatchObject({ exitCode, stdout: expect.stringContaining(`prices  ${status}\n`) });
      expect(looks).toBe(5);
    }
  });

  describe("with --follow", () => {
    const id = "prices|manual|command-1" as RunId;

    /** A run that is there after the second look, ends a second later, and comes to this. */
    function terminalWithRun(status: "ok" | "error"): Terminal {
      const terminal = terminalWithAgent();
      let looks = 0;
      const live = { status: "running", endAt: undefined, trigger: "manual" } as const;
      terminal.onSleep = () => {
        looks++;
        if (looks !== 2 && looks !== 4 && looks !== 6) return;
        terminal.fleet.history.length = 0;
        if (looks === 2) addRun(terminal.fleet, id, { ...live, steps: [step(0, { name: "get" })] });
        const done = [step(0, { name: "get", status, statusCode: 200, elapsedMs: 35, error: "too \n slow" })];
        if (looks === 4) addRun(terminal.fleet, id, { ...live, steps: done });
        if (looks === 6) addRun(terminal.fleet, id, { status, reason: "as told", trigger: "manual", steps: done });
      };
      return terminal;
    }

    test.each([
      ["ok", 0, "ok 200 in 35 ms"],
      ["error", 1, String.raw`error 200: too \n slow`],
    ] as const)("tells each change as it is seen, and ends as the run did: %s", async (status, exitCode, words) => {
      expect(await terminalWithRun(status).run("job", "run", "prices", "--follow")).toEqual({
        exitCode,
        stdout: [
          "14:00:00 running",
          "14:00:00 step 1 get: sent, attempt 1",
          `14:00:01 step 1 get: ${words}`,
          `14:00:01 ${status} after 3.2 s: as told`,
          "",
        ].join("\n"),
        stderr:
          'Asked the leader to run "prices", following it\n' +
          "See it with: fleetcron run show 'prices|manual|command-1'\n",
      });
    });

    test("keeps stdout for the run where a program reads it", async () => {
      const { stdout, stderr } = await terminalWithRun("ok").run(
        "job",
        "run",
        "prices",
        "--follow",
        "--output",
        "json",
      );
      expect(JSON.parse(stdout)).toMatchObject({ id, status: "ok" });
      expect(stderr).toContain("step 1 get: ok 200 in 35 ms\n");
    });

    test("names the machine in each line where several are followed", async () => {
      const terminal = terminalWithAgent();
      addJob(terminal.fleet, "prices", { run_on: "all" });
      addMachine(terminal.fleet, "web-2", 2);
      for (const [machine, status] of [
        ["web-1", "ok"],
        ["web-2", "error"],
      ] as const) {
        const key = `id-of-${machine}`;
        const scope = key as MachineId;
        addRun(terminal.fleet, String.raw`prices|manual|command-1\|${key}`, { status, scope, machineId: scope });
        const acks = terminal.fleet.acks.get("command-1") ?? [];
        terminal.fleet.acks.set("command-1", [...acks, { key, machineId: key, status: "ok", result: "", at: NOW }]);
      }
      const { stdout, exitCode } = await terminal.run("job", "run", "prices", "--to", "all", "--follow");
      expect(stdout.split("\n").slice(0, 2)).toEqual([
        "web-1  14:00:00 ok after 3.2 s",
        "web-2  14:00:00 error after 3.2 s",
      ]);
      expect(exitCode).toBe(1);
    });

    test("ends with 124 when its time is over", async () => {
      const terminal = terminalWithAgent();
      addRun(terminal.fleet, id, { status: "running", endAt: undefined });
      const { exitCode, stderr } = await terminal.run("job", "run", "prices", "--follow", "--timeout", "10s");
      expect(exitCode).toBe(124);
      expect(stderr).toContain("has not ended within 10 s: it is running");
    });
  });

  test("tells why no run came of it", async () => {
    const terminal = terminalWithAgent();
    terminal.onSleep = () => {
      const result = 'there is no job with the id or name "prices"';
      terminal.fleet.acks.set("command-1", [
        { key: "leader", machineId: "id-of-web-1", status: "failed", result, at: NOW },
      ]);
    };
    expect(await terminal.run("job", "run", "prices", "--wait")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('failed: there is no job with the id or name "prices"'),
    });
  });

  test("ends with 124 when its time is over, saying how far it came", async () => {
    const terminal = terminalWithAgent();
    expect(await terminal.run("job", "run", "prices", "--wait", "--timeout", "10s")).toMatchObject({
      exitCode: 124,
      stderr: expect.stringContaining("has not ended within 10 s: no agent has begun it"),
    });
    addRun(terminal.fleet, "prices|manual|command-2", { id: "prices|manual|command-2" as RunId, status: "running" });
    expect((await terminal.run("job", "run", "prices", "--wait", "--timeout", "10s")).stderr).toContain(
      "it is running",
    );
  });

  describe("of a job that runs on all machines", () => {
    const RUN_1 = String.raw`prices|manual|command-1\|id-of-web-1` as RunId;
    const RUN_2 = String.raw`prices|manual|command-1\|id-of-web-2` as RunId;

    function terminalWithTwo(): Terminal {
      const terminal = terminalWithAgent();
      addJob(terminal.fleet, "prices", { run_on: "all" });
      addMachine(terminal.fleet, "web-2", 2);
      addMachine(terminal.fleet, "web-3", undefined, { state: "stopped" });
      return terminal;
    }

    function answer(hostname: string, status: "ok" | "failed", result = ""): CommandAck {
      return { key: `id-of-${hostname}`, machineId: `id-of-${hostname}`, status, result, at: NOW };
    }

    test("names the run of each machine that is asked", async () => {
      const { exitCode, stdout } = await terminalWithTwo().run("job", "run", "prices", "--to", "all");
      expect(stdout.split("\n")).toEqual([
        'Asked all machines to run "prices"',
        `See it with: fleetcron run show '${RUN_1}'`,
        `See it with: fleetcron run show '${RUN_2}'`,
        "",
      ]);
      expect(exitCode).toBe(0);
      const one = await terminalWithTwo().run("job", "run", "prices", "--to", "web-2", "--output", "json");
      expect(JSON.parse(one.stdout)).toEqual({ command: "command-1", runs: [RUN_2] });
    });

    test.each([[], ["--to", "2"]])("is one run of the fleet for the leader or for a serial: %j", async (...target) => {
      const one = await terminalWithTwo().run("job", "run", "prices", "--output", "json", ...target.flat());
      expect(JSON.parse(one.stdout)).toEqual({ command: "command-1", run: "prices|manual|command-1" });
    });

    test("waits for the end on each machine, and ends well when all did", async () => {
      for (const [status, exitCode] of [
        ["ok", 0],
        ["error", 1],
      ] as const) {
        const terminal = terminalWithTwo();
        let looks = 0;
        terminal.onSleep = () => {
          looks++;
          if (looks === 1) terminal.fleet.acks.set("command-1", [answer("web-2", "ok")]);
          if (looks === 2) addRun(terminal.fleet, RUN_2, { trigger: "manual", status: "running" });
          if (looks === 3) terminal.fleet.acks.set("command-1", [answer("web-2", "ok"), answer("web-1", "ok")]);
          if (looks !== 5) return;
          terminal.fleet.history.length = 0;
          addRun(terminal.fleet, RUN_1, { trigger: "manual" });
          addRun(terminal.fleet, RUN_2, { trigger: "manual", status });
        };
        const result = await terminal.run("job", "run", "prices", "--to", "all", "--wait", "--output", "json");
        const runs = JSON.parse(result.stdout) as { id: string; status: string }[];
        expect(runs.map((it) => [it.id, it.status])).toEqual([
          [RUN_2, status],
          [RUN_1, "ok"],
        ]);
        expect([result.exitCode, looks]).toEqual([exitCode, 5]);
      }
    });

    test("tells which machine refused, did not answer or did not end", async () => {
      const terminal = terminalWithTwo();
      addRun(terminal.fleet, RUN_1, { trigger: "manual" });
      terminal.fleet.acks.set("command-1", [answer("web-1", "ok"), answer("web-2", "failed", "it holds no serial")]);
      const refused = await terminal.run("job", "run", "prices", "--to", "all", "--wait");
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining(RUN_1),
        stderr: expect.stringContaining("web-2: failed: it holds no serial"),
      });
      terminal.fleet.acks.set("command-2", [answer("web-2", "ok")]);
      const late = await terminal.run("job", "run", "prices", "--to", "all", "--wait", "--timeout", "10s");
      expect(late.exitCode).toBe(124);
      expect(late.stderr).toContain(
        String.raw`web-1 did not answer; run "prices|manual|command-2\|id-of-web-2" has not ended within 10 s`,
      );
    });

    test("has the ids that agents give", () => {
      const by = { machineId: "id-of-web-1" as MachineId, scope: "id-of-web-1" as MachineId, session: A_SESSION };
      const job = { id: "prices" as JobId, name: "prices", actions: [] } as unknown as Job;
      const local = { scheduledFor: NOW, local: "", hour: 1, minute: 2, key: "", note: undefined };
      const run = manualClaimOf(
        { job, revision: "r" as RevisionId, vars: undefined, command: "command-1" },
        local,
        by,
        false,
        NOW,
      );
      expect(run.id).toBe(RUN_1);
    });
  });

  test("sends nothing for an invalid job", async () => {
    const terminal = terminalWithAgent();
    addJob(terminal.fleet, "bad", { minute: 77 });
    expect(await terminal.run("job", "run", "bad")).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("/minute  must be at most 59, got 77"),
    });
    expect(terminal.fleet.sent).toEqual([]);
  });
});
