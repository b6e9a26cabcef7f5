import { describe, expect, test } from "vitest";
import type { LoadedConfig } from "../../src/cli/deps.ts";
import { addJob, jobFields, SETTINGS } from "./fake-fleet.ts";
import { createTerminal } from "./terminal.ts";

const BERLIN =
  '{ "name": "night", "enabled": true, "tz": "Europe/Berlin", "schedule": "30 2 * * *", "url": "https://example.org" }';

describe("job next", () => {
  test("shows what a spring night does to a job of a file, without any database", async () => {
    const terminal = createTerminal();
    terminal.openFleet = () => Promise.reject(new Error("no database was to be opened"));
    terminal.files.set("night.json", BERLIN);
    const words = "job next --file night.json --from 2026-03-28T12:00:00Z --count 2 --output json";
    const { exitCode, stdout, stderr } = await terminal.run(...words.split(" "));
    expect(JSON.parse(stdout)).toEqual([
      {
        scheduled_for: "2026-03-29T01:00:00Z",
        local: "2026-03-29T03:00:00+02:00",
        note: expect.stringContaining("02:30 does not exist that day"),
      },
      { scheduled_for: "2026-03-30T00:30:00Z", local: "2026-03-30T02:30:00+02:00" },
    ]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  test("leaves out the time that --from names itself, and reads a time without offset in the job's zone", async () => {
    const terminal = createTerminal();
    terminal.files.set("night.json", BERLIN);
    const next = async (from: string) => {
      const { stdout } = await terminal.run(
        "job",
        "next",
        "--file",
        "night.json",
        "--from",
        from,
        "--count",
        "1",
        "--output",
        "json",
      );
      return (JSON.parse(stdout) as { scheduled_for: string }[])[0]?.scheduled_for;
    };
    expect(await next("2026-06-01T00:30:00Z")).toBe("2026-06-02T00:30:00Z");
    expect(await next("2026-06-01T00:29:59Z")).toBe("2026-06-01T00:30:00Z");
    expect(await next("2026-06-01T02:30")).toBe("2026-06-02T00:30:00Z");
    expect(await next("2026-06-01T02:29")).toBe("2026-06-01T00:30:00Z");
    expect(await next("2026-06-01")).toBe("2026-06-01T00:30:00Z");
  });

  test("prints local and universal time and the way there for people", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "prices");
    const { stdout } = await terminal.run("job", "next", "prices", "--count", "2");
    expect(stdout).toBe(
      [
        "LOCAL                    UTC                   WHEN       NOTE",
        "2026-11-21 14:30 +09:00  2026-11-21T05:30:00Z  in 30 min",
        "2026-11-22 14:30 +09:00  2026-11-22T05:30:00Z  in 24 h",
        "",
      ].join("\n"),
    );
  });

  test("takes the zone of the fleet for a job that names none", async () => {
    const terminal = createTerminal();
    terminal.fleet.stored = { ...SETTINGS, zone: "America/New_York" };
    addJob(terminal.fleet, "prices");
    const { stdout } = await terminal.run("job", "next", "prices", "--count", "1", "--output", "csv");
    expect(stdout).toBe("scheduled_for,local,note\n2026-11-21T19:30:00Z,2026-11-21T14:30:00-05:00,\n");
  });

  test("takes the zone of --tz, else of the config, else says which one it takes", async () => {
    const terminal = createTerminal();
    terminal.files.set("job.json", JSON.stringify(jobFields("prices")));
    const local = async (...flags: string[]) => {
      const result = await terminal.run(
        "job",
        "next",
        "--file",
        "job.json",
        "--count",
        "1",
        "--output",
        "csv",
        ...flags,
      );
      return { zone: /T14:30:00([+-]\d\d:\d\d)/.exec(result.stdout)?.[1], words: result.stderr };
    };
    expect(await local()).toEqual({ zone: "+09:00", words: expect.stringContaining("taking Asia/Seoul") });
    terminal.loadConfig = async () => ({ config: { fleet: { ...SETTINGS, zone: "Asia/Tokyo" } } }) as LoadedConfig;
    expect(await local()).toEqual({ zone: "+09:00", words: "" });
    expect(await local("--tz", "Asia/Kathmandu")).toEqual({ zone: "+05:45", words: "" });
    const unknown = await terminal.run("job", "next", "--file", "job.json", "--tz", "Mars/Phobos");
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"Mars/Phobos" is no time zone') });
  });

  test("wants a name when a file holds several jobs, and finds it there", async () => {
    const terminal = createTerminal();
    terminal.files.set("jobs.json", JSON.stringify([jobFields("one"), { ...jobFields("two"), minute: 45 }]));
    const unnamed = await terminal.run("job", "next", "--file", "jobs.json");
    expect(unnamed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("holds 2 jobs") });
    const named = await terminal.run("job", "next", "two", "--file", "jobs.json", "--count", "1");
    expect(named.stdout).toContain("14:45");
    expect(await terminal.run("job", "next", "tow", "--file", "jobs.json")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('Did you mean "two"?'),
    });
  });

  test("says that a job is disabled, or never due again", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "off", { enabled: false });
    addJob(terminal.fleet, "past", { hour: undefined, minute: undefined, schedule: "2020-01-01T00:00" });
    expect((await terminal.run("job", "next", "off")).stderr).toContain('"off" is disabled');
    const past = await terminal.run("job", "next", "past", "--output", "json");
    expect(past).toMatchObject({ exitCode: 0, stdout: "[]\n" });
    expect((await terminal.run("job", "next", "past")).stderr).toBe('"past" is never due again.\n');
  });

  test("names the problems of an invalid job", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "bad", { minute: 77 });
    const { exitCode, stderr } = await terminal.run("job", "next", "bad");
    expect(exitCode).toBe(8);
    expect(stderr).toContain('job "bad" is invalid:\n  /minute  must be at most 59, got 77');
  });

  test("refuses times and counts that are none", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "prices");
    for (const from of ["yesterday", "2026-02-30", "2026-02-30T00:00:00Z", "2026-01-01T25:00"]) {
      const { exitCode, stderr } = await terminal.run("job", "next", "prices", "--from", from);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringContaining(`--from "${from}" is no time`),
      });
    }
    for (const count of ["0", "-1", "x", "1001", "1e3"]) {
      expect((await terminal.run("job", "next", "prices", "--count", count)).exitCode).toBe(2);
    }
    expect((await terminal.run("job", "next")).exitCode).toBe(2);
  });
});
