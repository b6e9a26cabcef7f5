import { describe, expect, test } from "vitest";
import type { MachineId } from "../../src/model/machine.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { CommandAck } from "../../src/ports/command-sender.ts";
import { addJob, addMachine, addRun, type FakeFleet, lead, NOW } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

function terminalWithFleet(): Terminal {
  const terminal = createTerminal();
  const { fleet } = terminal;
  addMachine(fleet, "web-3", undefined, { state: "active", lastSeen: (NOW - 600_000) as EpochMs });
  addMachine(fleet, "web-2", 2, { clockOffsetMs: -9_000 });
  addMachine(fleet, "web-1", 1, { running: 4 });
  lead(fleet, "web-1");
  return terminal;
}

function answer(fleet: FakeFleet, key: string, facts: Partial<CommandAck> = {}, command = "command-1"): void {
  const acks = fleet.acks.get(command) ?? [];
  fleet.acks.set(command, [...acks, { key, machineId: key, status: "ok", result: "pong", at: NOW, ...facts }]);
}

describe("machine list", () => {
  test("shows serials first, who leads, and which machine is lost", async () => {
    const { stdout, exitCode } = await terminalWithFleet().run("machine", "list");
    expect(stdout).toBe(
      [
        "SERIAL  HOST   STATE   ROLE    SEEN        CLOCK   RUNNING  VERSION  MACHINE ID",
        "1       web-1  active  leader  2 s ago     +12 ms  4        0.1.0    id-of-web-1",
        "2       web-2  active  deputy  2 s ago     -9 s    0        0.1.0    id-of-web-2",
        "-       web-3  lost    -       10 min ago  +12 ms  0        0.1.0    id-of-web-3",
        "",
      ].join("\n"),
    );
    expect(exitCode).toBe(0);
  });

  test("calls a machine silent that holds its serial but says nothing, and stopped one that said so", async () => {
    const terminal = createTerminal();
    addMachine(terminal.fleet, "web-1", 1, { lastSeen: (NOW - 60_000) as EpochMs });
    addMachine(terminal.fleet, "web-2", undefined, { state: "stopped", lastSeen: (NOW - 60_000) as EpochMs });
    const { stdout } = await terminal.run("machine", "list", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject([
      { hostname: "web-1", serial: 1, state: "silent", last_seen_ago_ms: 60_000 },
      { hostname: "web-2", serial: null, state: "stopped" },
    ]);
  });
});

describe("status", () => {
  test("tells at a glance who leads, what is wrong and what comes next", async () => {
    const terminal = terminalWithFleet();
    addJob(terminal.fleet, "prices");
    addJob(terminal.fleet, "bad", { minute: 77 });
    addRun(terminal.fleet, "prices|x|fleet", { status: "error", reason: "HTTP 503" });
    addRun(terminal.fleet, "prices|y|fleet", { status: "running", scheduledFor: (NOW - 60_000) as EpochMs });
    const { stdout, exitCode } = await terminal.run("status");
    expect(stdout).toBe(`LEADER  web-1, serial 1, term 7

MACHINES
  SERIAL  HOST   STATE   ROLE    SEEN        CLOCK   RUNNING  VERSION  MACHINE ID
  1       web-1  active  leader  2 s ago     +12 ms  4        0.1.0    id-of-web-1
  2       web-2  active  deputy  2 s ago     -9 s    0        0.1.0    id-of-web-2
  -       web-3  lost    -       10 min ago  +12 ms  0        0.1.0    id-of-web-3

JOBS  1 enabled, 0 disabled, 1 invalid
  "bad" is invalid:
    /minute  must be at most 59, got 77

RUNNING
  running  prices  1 min ago

FAILED in the last 24 h
  error  prices  1 h ago  HTTP 503

NEXT
  in 30 min  prices  2026-11-21 14:30 +09:00
`);
    expect(exitCode).toBe(0);
  });

  test("says what to do on a database that no agent has used, and that nobody leads when the leader is gone", async () => {
    const empty = createTerminal();
    empty.fleet.stored = undefined;
    expect((await empty.run("status")).stdout).toContain("Start one: fleetcron agent");
    const terminal = terminalWithFleet();
    lead(terminal.fleet, "web-1");
    terminal.fleet.members.pop();
    expect((await terminal.run("status")).stdout).toContain("LEADER  none: the last was id-of-web-1 (term 7)");
    const { stdout } = await terminal.run("status", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject({ leader: { alive: false, term: 7 }, machines: { total: 2, lost: 1 } });
  });
});

describe("the short forms of the original", () => {
  test.each([
    ["reload", "reload_jobs"],
    ["refresh", "reload_jobs"],
    ["reload-config", "reload_config"],
    ["rc", "reload_config"],
  ])("%s sends %s to all, or to the machine that is named", async (form, type) => {
    const { run, fleet } = terminalWithFleet();
    expect((await run(form)).exitCode).toBe(0);
    expect((await run(form, "id-of-web-2")).exitCode).toBe(0);
    expect(fleet.sent).toEqual([
      { type, target: { kind: "all" }, args: {}, createdAt: NOW, expiresAt: undefined },
      { type, target: { kind: "machine", name: "id-of-web-2" }, args: {}, createdAt: NOW, expiresAt: undefined },
    ]);
  });
});

describe("command send", () => {
  test("takes the vars of a run as an object of JSON", async () => {
    const terminal = terminalWithFleet();
    const send = (vars: string) => terminal.run("command", "send", "run_job", "job=nightly", `vars=${vars}`);
    expect(await send('{"ids":[1]}')).toMatchObject({ exitCode: 0 });
    expect(terminal.fleet.sent.map((it) => it.args)).toEqual([{ job: "nightly", vars: { ids: [1] } }]);
    const refused = await send("ids=1");
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("/args/vars  must be an object") });
  });

  test("waits for the answer of each machine that lives and shows it", async () => {
    const terminal = terminalWithFleet();
    terminal.onSleep = () => {
      if (!terminal.fleet.acks.has("command-1")) answer(terminal.fleet, "id-of-web-2");
      else answer(terminal.fleet, "id-of-web-1");
    };
    const { exitCode, stdout, stderr } = await terminal.run("command", "send", "ping", "--wait");
    expect(stdout).toBe("WHO    STATUS  RESULT\nweb-2  ok      pong\nweb-1  ok      pong\n");
    expect(stderr).toBe("Sent ping to all machines, waiting for answers\n");
    expect(exitCode).toBe(0);
  });

  test("tells machines with the same hostname apart in the answers", async () => {
    const terminal = terminalWithFleet();
    addMachine(terminal.fleet, "web-1", 7, { machineId: "id-of-twin" as MachineId });
    answer(terminal.fleet, "id-of-web-1");
    const all = await terminal.run("command", "send", "ping", "--wait", "--timeout", "1s");
    expect(all.stdout).toContain("web-1 (serial 1)  ok ");
    expect(all.stdout).toContain("web-1 (serial 7)  no answer");
    answer(terminal.fleet, "serial:7", { machineId: "id-of-twin" as MachineId }, "command-2");
    const one = await terminal.run("command", "send", "ping", "--to", "7", "--wait");
    expect(one.stdout).toBe("WHO               STATUS  RESULT\nweb-1 (serial 7)  ok      pong\n");
  });

  test("ends with 124 and names those that did not answer in time", async () => {
    const terminal = terminalWithFleet();
    answer(terminal.fleet, "id-of-web-1");
    const { exitCode, stdout, stderr } = await terminal.run("command", "send", "ping", "--wait", "--timeout", "5s");
    expect(stdout).toBe("WHO    STATUS     RESULT\nweb-1  ok         pong\nweb-2  no answer\n");
    expect(stderr).toContain("1 of 2 did not answer within 5 s");
    expect(exitCode).toBe(124);
  });

  test("ends with 1 when one failed, and does not wait on when the fleet itself refused", async () => {
    const failed = terminalWithFleet();
    answer(failed.fleet, "leader", { machineId: "id-of-web-1", status: "failed", result: "no such job" });
    const sent = await failed.run("command", "send", "run_job", "job=x", "--wait");
    expect(sent).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/leader \(web-1\) +failed +no such job/) });
    const refused = terminalWithFleet();
    answer(refused.fleet, "fleet", { machineId: undefined, status: "rejected", result: "no" });
    expect(await refused.run("command", "send", "ping", "--wait")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/the fleet +rejected +no/),
    });
  });

  test("carries arguments, and an end after which nobody acts on it", async () => {
    const { run, fleet } = terminalWithFleet();
    await run("command", "send", "run_job", "job=refresh prices", "--to", "2", "--expires-in", "5m");
    expect(fleet.sent).toEqual([
      {
        type: "run_job",
        target: { kind: "serial", serial: 2 },
        args: { job: "refresh prices" },
        createdAt: NOW,
        expiresAt: NOW + 300_000,
      },
    ]);
  });

  test("does not send what agents would reject", async () => {
    const { run, fleet } = terminalWithFleet();
    expect(await run("command", "send", "run_job")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("/args/job  is missing; say which job: its id or name"),
    });
    expect(await run("command", "send", "reload_job")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Allowed choices are reload_jobs"),
    });
    expect((await run("command", "send", "run_job", "prices")).exitCode).toBe(2);
    expect((await run("command", "send", "ping", "--to", "web-9")).exitCode).toBe(3);
    expect(await run("command", "send", "ping", "--to", "99")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("no machine holds the serial 99"),
    });
    expect(fleet.sent).toEqual([]);
  });

  test("stops nobody by leaving something out, and asks before it stops anybody", async () => {
    const terminal = terminalWithFleet();
    expect((await terminal.run("command", "send", "stop")).exitCode).toBe(2);
    expect((await terminal.run("command", "send", "stop", "--to", "all")).exitCode).toBe(2);
    terminal.answers = ["n", "y"];
    expect((await terminal.run("command", "send", "stop", "--to", "web-2")).exitCode).toBe(1);
    expect(terminal.fleet.sent).toEqual([]);
    expect((await terminal.run("command", "send", "stop", "--to", "web-2")).exitCode).toBe(0);
    expect((await terminal.run("command", "send", "stop", "--to", "web-1", "--yes")).exitCode).toBe(0);
    expect(terminal.fleet.sent.map((it) => it.target)).toEqual([
      { kind: "machine", name: "web-2" },
      { kind: "machine", name: "web-1" },
    ]);
  });
});
