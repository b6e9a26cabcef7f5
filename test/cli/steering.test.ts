import { describe, expect, test } from "vitest";
import type { JobId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { RunId } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { CommandAck } from "../../src/ports/command-sender.ts";
import { addJob, addMachine, addRun, lead, NOW } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

function terminalWithFleet(): Terminal {
  const terminal = createTerminal();
  const { fleet } = terminal;
  addMachine(fleet, "web-3", undefined, { state: "active", lastSeen: (NOW - 600_000) as EpochMs });
  addMachine(fleet, "web-2", 2, { labels: { site: "seoul" }, isDraining: true });
  addMachine(fleet, "web-1", 1, { labels: { site: "busan" }, secretNames: ["API_KEY"] });
  lead(fleet, "web-1");
  addJob(fleet, "prices");
  return terminal;
}

function answerFirst(terminal: Terminal, key: string, result: string, status: CommandAck["status"] = "ok"): void {
  terminal.fleet.acks.set("command-1", [{ key, machineId: "id-of-web-1", status, result, at: NOW }]);
}

describe("job pause", () => {
  test("asks the leader and says what it answered", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "leader", 'job "prices" is paused until it is resumed');
    const { stdout, exitCode } = await terminal.run("job", "pause", "prices");
    expect(stdout).toBe("job \"prices\" is paused until it is resumed\nEnd it with: fleetcron job resume 'prices'\n");
    expect(exitCode).toBe(0);
    expect(terminal.fleet.sent).toMatchObject([
      { type: "pause_job", target: { kind: "leader" }, args: { job: "prices" } },
    ]);
  });

  test("takes an end in the zone of the job, and none that is over", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "leader", "paused");
    const { stdout } = await terminal.run("job", "pause", "prices", "--until", "2026-12-01T09:00", "--output", "json");
    expect(JSON.parse(stdout)).toEqual({ job: "prices", paused_until: "2026-12-01T00:00:00Z" });
    expect(terminal.fleet.sent[0]?.args).toEqual({ job: "prices", until: "2026-12-01T00:00:00Z" });
    for (const until of ["2026-01-01", "tomorrow"])
      expect((await terminal.run("job", "pause", "prices", "--until", until)).exitCode).toBe(2);
    expect((await terminal.run("job", "pause", "price")).stderr).toContain('Did you mean "prices"?');
    expect(terminal.fleet.sent).toHaveLength(1);
  });

  test("ends with 124 when nobody answers, and with 1 when the answer is no", async () => {
    const silent = await terminalWithFleet().run("job", "resume", "prices");
    expect(silent).toMatchObject({ exitCode: 124, stderr: expect.stringContaining("the leader did not answer") });
    const terminal = terminalWithFleet();
    answerFirst(terminal, "leader", "there is no such job", "failed");
    expect(await terminal.run("job", "resume", "prices")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("failed: there is no such job"),
    });
  });

  test("shows in the list and the view of the job, with when it goes on", async () => {
    const terminal = terminalWithFleet();
    addJob(terminal.fleet, "orders");
    const state = { lastRun: undefined, lastSuccessAt: undefined, failuresInRow: 0 };
    const until = Date.parse("2026-11-23T00:00:00Z") as EpochMs;
    terminal.fleet.states.set("prices" as JobId, { ...state, pause: { until } });
    terminal.fleet.states.set("orders" as JobId, { ...state, pause: { until: undefined } });
    const { stdout } = await terminal.run("job", "list");
    expect(stdout).toMatch(/prices +paused until 2026-11-23 09:00 \+09:00 .*2026-11-23 14:30/);
    expect(stdout).toMatch(/orders +paused +.* - /);
    const list = JSON.parse((await terminal.run("job", "list", "--output", "json")).stdout);
    expect(list).toMatchObject([
      { name: "orders", standing: "paused", paused_until: true, next: null },
      { name: "prices", standing: "paused", paused_until: "2026-11-23T00:00:00Z", next: "2026-11-23T05:30:00Z" },
    ]);
    const shown = JSON.parse((await terminal.run("job", "show", "prices", "--output", "json")).stdout);
    expect(shown).toMatchObject({
      paused_until: "2026-11-23T00:00:00Z",
      next: [{ scheduled_for: "2026-11-23T05:30:00Z" }, {}, {}],
    });
    expect((await terminal.run("status")).stdout).toContain("JOBS  0 enabled, 2 paused, 0 disabled");
  });

  test("whose end can't be read is a pause without end, and the list and the view say so", async () => {
    const terminal = terminalWithFleet();
    const state = { lastRun: undefined, lastSuccessAt: undefined, failuresInRow: 0 };
    terminal.fleet.states.set("prices" as JobId, { ...state, pause: { until: undefined, isUnreadable: true } });
    expect((await terminal.run("job", "list")).stdout).toContain("paused without end: its paused_until is no date");
    expect((await terminal.run("job", "show", "prices")).stdout).toContain(
      "what stands as paused_until in job_state is no date, so it is paused until: fleetcron job resume prices",
    );
  });
});

describe("machine", () => {
  test("drain asks the machine, and waits for its runs when it is told to", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "id-of-web-1", "this machine begins no more runs; 1 still going on");
    addRun(terminal.fleet, "prices|x|fleet", { status: "running" });
    const { stdout } = await terminal.run("machine", "drain", "web-1");
    expect(stdout).toBe(
      "web-1: this machine begins no more runs; 1 still going on\nEnd it with: fleetcron machine undrain web-1\n",
    );
    expect(terminal.fleet.sent[0]).toMatchObject({ type: "drain", target: { kind: "machine", name: "id-of-web-1" } });

    const late = terminalWithFleet();
    answerFirst(late, "id-of-web-1", "draining");
    addRun(late.fleet, "prices|x|fleet", { status: "running" });
    const timedOut = await late.run("machine", "drain", "web-1", "--wait", "--timeout", "5s");
    expect(timedOut).toMatchObject({ exitCode: 124, stderr: expect.stringContaining('"prices|x|fleet"') });
    late.onSleep = () => void (late.fleet.history.length = 0);
    late.fleet.acks.set("command-2", late.fleet.acks.get("command-1") ?? []);
    expect(await late.run("machine", "drain", "web-1", "--wait")).toMatchObject({
      exitCode: 0,
      stdout: "web-1 runs nothing\n",
    });
  });

  test("drain of one of several with the same hostname names a way back that is one machine's", async () => {
    const terminal = terminalWithFleet();
    addMachine(terminal.fleet, "web-1", 7, { machineId: "id-of-twin" as MachineId });
    answerFirst(terminal, "id-of-twin", "draining");
    expect((await terminal.run("machine", "drain", "id-of-twin")).stdout).toBe(
      "web-1 (serial 7): draining\nEnd it with: fleetcron machine undrain id-of-twin\n",
    );
    expect((await terminal.run("machine", "undrain", "web-1")).exitCode).toBe(6);
  });

  test("is named by the serial that it holds, too", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "id-of-web-2", "draining");
    expect((await terminal.run("machine", "show", "2")).stdout).toContain("id-of-web-2");
    const drained = await terminal.run("machine", "drain", "2");
    expect(drained.stdout).toBe("web-2: draining\nEnd it with: fleetcron machine undrain id-of-web-2\n");
    expect(terminal.fleet.sent[0]?.target).toEqual({ kind: "machine", name: "id-of-web-2" });
    expect(await terminal.run("machine", "forget", "1")).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("web-1 lives"),
    });
    expect(await terminal.run("machine", "undrain", "9")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("no machine holds the serial 9"),
    });
  });

  test("undrain asks the machine", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "id-of-web-2", "this machine takes runs again");
    expect((await terminal.run("machine", "undrain", "web-2")).stdout).toBe("web-2: this machine takes runs again\n");
    expect(terminal.fleet.sent[0]?.type).toBe("undrain");
  });

  test("list and show tell that it drains, its labels, and the names of its secrets", async () => {
    const terminal = terminalWithFleet();
    expect((await terminal.run("machine", "list")).stdout).toMatch(/web-2 +active, draining/);
    const shown = await terminal.run("machine", "show", "web-2");
    expect(shown.stdout).toContain("active, draining: it begins no runs");
    expect(shown.stdout).toContain("site=seoul");
    const record = JSON.parse((await terminal.run("machine", "show", "id-of-web-1", "--output", "json")).stdout);
    expect(record).toMatchObject({ draining: false, labels: { site: "busan" }, secret_names: ["API_KEY"] });
    expect((await terminal.run("machine", "show", "web-9")).exitCode).toBe(3);
  });

  test("forget removes one that is gone, and none that lives", async () => {
    const terminal = terminalWithFleet();
    expect(await terminal.run("machine", "forget", "web-1")).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("web-1 lives: it is active"),
    });
    addMachine(terminal.fleet, "spare", undefined, { state: "standby" });
    expect((await terminal.run("machine", "forget", "spare")).exitCode).toBe(6);
    expect((await terminal.run("machine", "forget", "web-3")).exitCode).toBe(0);
    expect(terminal.fleet.members.map((it) => it.record.hostname)).toEqual(["web-2", "web-1", "spare"]);
    expect((await terminal.run("machine", "forget", "web-3")).exitCode).toBe(3);
  });
});

describe("command send --labels", () => {
  test("reaches the machines that have them, and waits for those that live", async () => {
    const terminal = terminalWithFleet();
    answerFirst(terminal, "id-of-web-2", "pong");
    const { stdout } = await terminal.run("command", "send", "ping", "--labels", "site=seoul", "--wait");
    expect(stdout).toMatch(/web-2.* ok +pong/);
    expect(terminal.fleet.sent[0]?.target).toEqual({ kind: "labels", labels: { site: "seoul" } });
    await terminal.run("reload", "--labels", "site=seoul");
    expect(terminal.fleet.sent[1]).toMatchObject({ type: "reload_jobs", target: { kind: "labels" } });
    expect((await terminal.run("command", "send", "ping", "--labels", "site=jeju")).exitCode).toBe(3);
    expect((await terminal.run("command", "send", "ping", "--labels", "seoul")).exitCode).toBe(2);
    expect((await terminal.run("command", "send", "ping", "--labels", "site=seoul", "--to", "all")).exitCode).toBe(2);
    expect(terminal.fleet.sent).toHaveLength(2);
  });

  test("carries the arguments that are no texts", async () => {
    const terminal = terminalWithFleet();
    await terminal.run("command", "send", "log_level", "level=debug", "for_sec=90");
    expect(terminal.fleet.sent[0]).toMatchObject({ target: { kind: "all" }, args: { level: "debug", for_sec: 90 } });
    expect((await terminal.run("command", "send", "log_level", "level=loud")).exitCode).toBe(2);
    expect((await terminal.run("command", "send", "drain")).stderr).toContain('say with --to whom "drain" is for');
  });
});

describe("job backfill", () => {
  /** Due at 14:30 in Seoul, which is 05:30 UTC; ran on the 19th, was missed on the 20th, was made up for on the 18th. */
  function terminalWithPast(): Terminal {
    const terminal = terminalWithFleet();
    const at = (day: number) => Date.parse(`2026-11-${day}T05:30:00Z`) as EpochMs;
    const idOf = (day: number) => `prices|2026-11-${day}T14:30[Asia/Seoul]|fleet`;
    addRun(terminal.fleet, idOf(19), { scheduledFor: at(19) });
    addRun(terminal.fleet, `${idOf(18)}|backfill`, { scheduledFor: at(18), trigger: "backfill" });
    addRun(terminal.fleet, idOf(20), { scheduledFor: at(20), status: "missed", reason: "nobody was alive" });
    addRun(terminal.fleet, idOf(15), {
      scheduledFor: at(15),
      status: "missed",
      reason: "the machines were off",
      stretch: { last: at(16), count: 2 },
    });
    return terminal;
  }
  const asked = ["job", "backfill", "prices", "--from", "2026-11-15", "--to", "2026-11-21"];
  const RUN_20 = "prices|2026-11-20T14:30[Asia/Seoul]|fleet|backfill" as RunId;

  test("shows what it would run and what not, asks, and sends one command", async () => {
    const terminal = terminalWithPast();
    terminal.answers = ["n", "y"];
    const refused = await terminal.run(...asked);
    expect(refused.stderr).toContain(
      [
        "To be run:",
        "2026-11-15 14:30 +09:00  missed: the machines were off",
        "2026-11-16 14:30 +09:00  missed: the machines were off",
        "2026-11-17 14:30 +09:00  no record",
        "2026-11-20 14:30 +09:00  missed: nobody was alive",
        "Left out: 1 with a run, 1 made up for before",
      ].join("\n"),
    );
    expect(refused.exitCode).toBe(1);
    expect(terminal.asked).toEqual(['Start 4 runs of "prices", one after the other? [y/N] ']);
    expect(terminal.fleet.sent).toEqual([]);
    expect((await terminal.run(...asked)).exitCode).toBe(0);
    expect(terminal.fleet.sent).toEqual([
      {
        type: "backfill",
        target: { kind: "leader" },
        args: { job: "prices", times: ["15", "16", "17", "20"].map((day) => `2026-11-${day}T05:30:00Z`) },
        createdAt: expect.any(Number),
        expiresAt: undefined,
      },
    ]);
  });

  test("takes times as run why does: of today, of yesterday, in the zone of the job", async () => {
    const range = async (from: string, to: string) => {
      const terminal = terminalWithPast();
      await terminal.run("job", "backfill", "prices", "--from", from, "--to", to, "--yes");
      return terminal.fleet.sent[0]?.args["times"];
    };
    // It is 14:00 on the 21st in Seoul.
    expect(await range("yesterday 14:30", "13:59")).toEqual(["2026-11-20T05:30:00Z"]);
    expect(await range("2026-11-20 14:30", "2026-11-20T05:30:00Z")).toEqual(["2026-11-20T05:30:00Z"]);
    expect(await range("yesterday 14:31", "00:00")).toBeUndefined();
    expect(await range("13:00", "14:30")).toBeUndefined();
  });

  test("says which are so old that agents leave them out, by the config here", async () => {
    const terminal = terminalWithPast();
    const { stderr } = await terminal.run("job", "backfill", "prices", "--from", "2026-11-13", "--to", "2026-11-20");
    expect(stderr).toContain(
      "1 of these is over 7 days old, and the records of runs are kept that long by the config here",
    );
    expect((await terminal.run(...asked, "--yes")).stderr).not.toContain("days old");
  });

  test("starts nothing unasked, in the future, or more than is allowed", async () => {
    const terminal = terminalWithPast();
    expect(await terminal.run(...asked)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("say --yes") });
    expect(await terminal.run(...asked, "--yes", "--max", "3")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("that would be 4 runs; at most 3 are made"),
    });
    const range = (from: string, to: string) => terminal.run("job", "backfill", "prices", "--from", from, "--to", to);
    expect((await range("2026-11-20", "2026-11-22")).stderr).toContain("lies in the future");
    expect((await range("2026-11-20", "2026-11-19")).stderr).toContain("--from is later than --to");
    expect((await range("yesterday", "2026-11-19")).exitCode).toBe(2);
    expect((await terminal.run(...asked, "--yes", "--max", "1001")).exitCode).toBe(2);
    addJob(terminal.fleet, "minutely", { hour: undefined, minute: undefined, schedule: "* * * * *" });
    const many = ["job", "backfill", "minutely", "--from", "2026-11-20", "--yes"];
    const tooMany = await terminal.run(...many, "--to", "2026-11-21");
    expect(tooMany.stderr).toContain("At most 1000 at a time");
    expect(tooMany.stderr.split("\n").length).toBeLessThan(5);
    expect(
      (await terminal.run("job", "backfill", "minutely", "--from", "2025-11-20", "--to", "2026-11-21")).stderr,
    ).toContain("more than 10000 occurrences lie between these times");
    expect(terminal.fleet.sent).toEqual([]);
  });

  test("has nothing to do where everything ran", async () => {
    const all = ["job", "backfill", "prices", "--from", "2026-11-18", "--to", "2026-11-20"];
    const { stdout, exitCode } = await terminalWithPast().run(...all);
    expect([stdout, exitCode]).toEqual(["There is nothing to make up for\n", 0]);
  });

  test.each([
    ["ok", 0],
    ["error", 1],
  ] as const)("waits for the ends when it is told to: %s ends with %i", async (status, code) => {
    const terminal = terminalWithPast();
    const once = ["job", "backfill", "prices", "--from", "2026-11-20", "--to", "2026-11-21", "--yes", "--wait"];
    let looks = 0;
    terminal.onSleep = () => {
      looks++;
      if (looks === 1) answerFirst(terminal, "leader", "started 1 run");
      if (looks === 1) addRun(terminal.fleet, RUN_20, { status: "running", trigger: "backfill" });
      if (looks !== 3) return;
      terminal.fleet.history.length = 0;
      addRun(terminal.fleet, RUN_20, { status, trigger: "backfill" });
    };
    const { stdout, exitCode } = await terminal.run(...once, "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ id: RUN_20, status }]);
    expect(exitCode).toBe(code);
  });

  test("of a job that runs on all machines is shown and asked for each", async () => {
    const terminal = terminalWithFleet();
    addJob(terminal.fleet, "each", { run_on: "all" });
    addRun(terminal.fleet, "each|2026-11-20T14:30[Asia/Seoul]|id-of-web-1", {});
    const each = ["job", "backfill", "each", "--from", "2026-11-20", "--to", "2026-11-21", "--yes"];
    const { stderr } = await terminal.run(...each);
    expect(stderr).toContain("To be run:\n2026-11-20 14:30 +09:00  web-2  no record\nLeft out: 1 with a run");
    expect(terminal.fleet.sent[0]).toMatchObject({ target: { kind: "all" } });
    expect((await terminal.run(...each, "--on", "leader")).exitCode).toBe(2);
    expect((await terminal.run(...each, "--on", "web-2")).exitCode).toBe(0);
    expect(terminal.fleet.sent[1]).toMatchObject({ target: { kind: "machine", name: "web-2" } });
  });
});

describe("a secret that a job names", () => {
  const fields = { url: "https://example.org/{{PATH_KEY}}", headers: { "X-Key": "{{API_KEY}}" } };

  test("and a live machine lacks is warned of in the list, and told by the view", async () => {
    const terminal = terminalWithFleet();
    addJob(terminal.fleet, "secretive", fields);
    const { stderr } = await terminal.run("job", "list");
    expect(stderr).toContain('"secretive" names the secret API_KEY, which web-2 lacks');
    addMachine(terminal.fleet, "web-2", 9, { machineId: "id-of-twin" as MachineId, secretNames: ["API_KEY"] });
    expect((await terminal.run("job", "list")).stderr).toContain("API_KEY, which web-2 (serial 2) lacks");
    terminal.fleet.members.pop();
    expect(stderr).toContain('"secretive" names the secret PATH_KEY, which web-1, web-2 lack');
    expect(stderr).not.toContain("web-3");
    expect(stderr).not.toContain('"prices"');
    const { stdout } = await terminal.run("job", "show", "secretive", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      missing_secrets: [
        { secret: "API_KEY", hostnames: ["web-2"] },
        { secret: "PATH_KEY", hostnames: ["web-1", "web-2"] },
      ],
    });
    expect((await terminal.run("job", "show", "secretive")).stdout).toContain("lacking on web-1, web-2");
  });

  test("is nobody's business where the job does not run", async () => {
    const terminal = terminalWithFleet();
    addJob(terminal.fleet, "secretive", {
      url: "https://example.org/",
      headers: { "X-Key": "{{API_KEY}}" },
      where: { labels: { site: "busan" } },
    });
    expect((await terminal.run("job", "list")).stderr).toBe("");
    addJob(terminal.fleet, "off", { ...fields, enabled: false });
    expect((await terminal.run("job", "list")).stderr).toBe("");
  });
});
