import { describe, expect, test } from "vitest";
import type { JobId } from "../../src/model/job.ts";
import type { RunId } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { addJob, addRun, NOW } from "./fake-fleet.ts";
import { createTerminal } from "./terminal.ts";

describe("job list", () => {
  test("shows when each job runs next in its own zone, and how it went last", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "prices");
    addJob(terminal.fleet, "hourly", { hour: null, minute: 5, tz: "Europe/Berlin" });
    addJob(terminal.fleet, "off", { enabled: false });
    terminal.fleet.states.set("prices" as JobId, {
      lastRun: { id: "prices|x|fleet" as RunId, status: "error", endAt: (NOW - 120_000) as EpochMs },
      lastSuccessAt: undefined,
      failuresInRow: 3,
    });
    const { exitCode, stdout, stderr } = await terminal.run("job", "list");
    expect(stdout).toBe(
      [
        "NAME    STATE     SCHEDULE           ZONE           NEXT                                 LAST",
        "hourly  enabled   every hour at :05  Europe/Berlin  2026-11-21 06:05 +01:00 (in 5 min)   -",
        "off     disabled  daily at 14:30     Asia/Seoul     -                                    -",
        "prices  enabled   daily at 14:30     Asia/Seoul     2026-11-21 14:30 +09:00 (in 30 min)  error (2 min ago, 3 in a row)",
        "",
      ].join("\n"),
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("names what is wrong with an invalid job, with its pointer, beside the others", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "good");
    addJob(terminal.fleet, "bad", { minute: 77 });
    const { exitCode, stdout, stderr } = await terminal.run("job", "list");
    expect(stdout).toMatch(/^bad {3}invalid /m);
    expect(stdout).toMatch(/^good {2}enabled /m);
    expect(stderr).toBe('\n"bad" (bad) is invalid and does not run:\n  /minute  must be at most 59, got 77\n');
    expect(exitCode).toBe(0);
  });

  test("cuts a long name, so that what stands behind it stays in sight; programs get it whole", async () => {
    const terminal = createTerminal();
    const name = `nightly ${"👩‍👩‍👧".repeat(100)}`;
    addJob(terminal.fleet, "prices", { name });
    addJob(terminal.fleet, "whole", { name: "n".repeat(60) });
    const { stdout } = await terminal.run("job", "list");
    expect(stdout).toContain(`nightly ${"👩‍👩‍👧".repeat(51)}…  enabled`);
    expect(stdout).toMatch(/^n{60} +enabled/m);
    const { stdout: json } = await terminal.run("job", "list", "--output", "json");
    expect(JSON.parse(json)).toMatchObject([{ name }, { name: "n".repeat(60) }]);
    expect((await terminal.run("job", "list", "--output", "csv")).stdout).toContain(name);
  });

  test("gives programs instants, and an empty list when there is nothing", async () => {
    const terminal = createTerminal();
    expect(await terminal.run("job", "list", "--output", "json")).toEqual({ exitCode: 0, stdout: "[]\n", stderr: "" });
    expect((await terminal.run("job", "list")).stderr).toContain("There are no jobs.");
    addJob(terminal.fleet, "prices");
    const { stdout } = await terminal.run("job", "list", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name: "prices",
        standing: "enabled",
        tz: "Asia/Seoul",
        next: "2026-11-21T05:30:00Z",
        last_status: null,
        problems: [],
      },
    ]);
  });
});

describe("job show", () => {
  test("shows the actions, what comes next and how it went", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "prices", { owner: "sales" });
    addRun(terminal.fleet, "prices|x|fleet", { status: "error", reason: "HTTP 503" });
    const { stdout } = await terminal.run("job", "show", "prices");
    expect(stdout).toBe(`prices  enabled
  id         prices
  owner      sales
  schedule   daily at 14:30  (Asia/Seoul)
  runs on    the leader
  when late  catch up last, within 1 h

actions
  1  -  GET https://example.org/prices

next
  2026-11-21 14:30 +09:00  in 30 min
  2026-11-22 14:30 +09:00  in 24 h
  2026-11-23 14:30 +09:00  in 2 days

last runs
  2026-11-21 13:00 +09:00  error  HTTP 503  prices|x|fleet
`);
  });

  test("shows the document and the problems of an invalid job", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "bad", { minute: 77 });
    expect((await terminal.run("job", "show", "bad")).stdout).toContain(
      "problems\n  /minute  must be at most 59, got 77",
    );
    const { stdout } = await terminal.run("job", "show", "bad", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject({ standing: "invalid", next: [], document: { name: "bad", minute: 77 } });
  });

  test("suggests the nearest names, and does not guess between jobs of one name", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "refresh-prices");
    addJob(terminal.fleet, "id-1", { name: "twin" });
    addJob(terminal.fleet, "id-2", { name: "twin" });
    expect(await terminal.run("job", "show", "refresh-price")).toEqual({
      exitCode: 3,
      stdout: "",
      stderr: 'fleetcron: no job has the name or id "refresh-price"\nDid you mean "refresh-prices"?\n',
    });
    expect((await terminal.run("job", "show", "zzz")).stderr).toContain("`fleetcron job list` shows the names.");
    const twin = await terminal.run("job", "show", "twin");
    expect(twin).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('2 jobs are named "twin": id-1, id-2') });
    expect((await terminal.run("job", "show", "id-2")).exitCode).toBe(0);
  });
});

describe("job validate", () => {
  test("ends with 8 and names each wrong job of the database with its pointer", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "good");
    addJob(terminal.fleet, "bad", { minute: 77, hour: 24 });
    const { exitCode, stdout } = await terminal.run("job", "validate");
    expect(exitCode).toBe(8);
    expect(stdout).toBe(
      [
        "JOB  SEVERITY  PATH     PROBLEM",
        "bad  error     /hour    must be at most 23, got 24",
        "bad  error     /minute  must be at most 59, got 77",
        "",
      ].join("\n"),
    );
  });

  test("says that nothing is wrong", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "one");
    expect(await terminal.run("job", "validate")).toEqual({ exitCode: 0, stdout: "", stderr: "1 job, no problems\n" });
    expect(await terminal.run("job", "validate", "--output", "json")).toMatchObject({ exitCode: 0, stdout: "[]\n" });
  });

  test("counts warnings only when it is strict", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "loose", { minute: "7" });
    expect(await terminal.run("job", "validate")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("warning"),
    });
    expect((await terminal.run("job", "validate", "--strict")).exitCode).toBe(8);
  });

  test("checks a file without any database, and one job alone", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "good");
    addJob(terminal.fleet, "bad", { minute: 77 });
    expect((await terminal.run("job", "validate", "good")).exitCode).toBe(0);
    terminal.openFleet = () => Promise.reject(new Error("no database was to be opened"));
    terminal.files.set("job.json", '{ "name": "x", "enabled": "true" }');
    const { exitCode, stdout } = await terminal.run("job", "validate", "--file", "job.json");
    expect({ exitCode, stdout }).toEqual({ exitCode: 8, stdout: expect.stringMatching(/x +error +\/enabled/) });
    expect((await terminal.run("job", "validate", "x", "--file", "job.json")).exitCode).toBe(2);
  });
});
