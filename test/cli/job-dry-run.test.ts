import { describe, expect, test } from "vitest";
import type { LoadedConfig } from "../../src/cli/deps.ts";
import { addJob } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const CHAIN = {
  actions: [
    {
      type: "http",
      name: "login",
      method: "POST",
      url: "{{BASE_URL}}/login",
      body: { key: "{{KEY}}" },
      capture: { id: "$.id" },
    },
    {
      type: "http",
      name: "look",
      url: "{{BASE_URL}}/things/{{vars.id}}",
      params: { site: "{{vars.site}}" },
      retry: { retries: 0 },
    },
  ],
  vars: { site: "seoul" },
  finally: [{ type: "http", name: "logout", method: "DELETE", url: "{{BASE_URL}}/login", retry: { retries: 0 } }],
};

function atHand(secrets: Readonly<Record<string, string>>): Terminal {
  const terminal = createTerminal();
  const http = { timeoutMs: 10_000, retry: { retries: 2, delayMs: 3_000, backoff: 1.5 }, maxBodyBytes: 1_048_576 };
  Object.assign(terminal.fleet.config, { http, secrets: new Map(Object.entries(secrets)) });
  return terminal;
}

describe("job run --dry-run", () => {
  test("shows each request of a stored job with its secrets masked, and sends no command", async () => {
    const terminal = atHand({ BASE_URL: "https://a.test", KEY: "s3cr3t-key" });
    addJob(terminal.fleet, "visit", { url: undefined, ...CHAIN });
    const { exitCode, stdout, stderr } = await terminal.run("job", "run", "visit", "--dry-run");
    expect(stdout.split("\n")).toEqual([
      "1 login  POST [secret BASE_URL]/login",
      "    content-type: application/json",
      '    {"key":"[secret KEY]"}',
      "    up to 3 attempts, pauses from 3 s",
      "    captures id",
      "2 look  GET [secret BASE_URL]/things/<vars.id>?site=seoul",
      "    sent once at most",
      "finally",
      "3 logout  DELETE [secret BASE_URL]/login",
      "    sent once at most",
      "",
    ]);
    expect(stderr).toContain('"visit" as it would run at 2026-11-21 14:00 +09:00. Nothing was sent.');
    expect(exitCode).toBe(0);
    expect(terminal.fleet.sent).toEqual([]);
  });

  test("exits 8 and names what is missing", async () => {
    const terminal = atHand({ BASE_URL: "https://a.test" });
    addJob(terminal.fleet, "visit", { url: undefined, ...CHAIN });
    const { exitCode, stdout, stderr } = await terminal.run("job", "run", "visit", "--dry-run");
    expect(stdout).toContain("    problem: {{KEY}} is not among the secrets of this machine");
    expect(stderr).toContain("1 problem would stop it");
    expect(exitCode).toBe(8);
  });

  test("takes the vars and the time that are given", async () => {
    const terminal = atHand({ BASE_URL: "https://a.test", KEY: "s3cr3t-key" });
    const atNine = { type: "http", name: "nine", url: "https://a.test/{{vars.site}}", when: { hour_in: [9] } };
    addJob(terminal.fleet, "visit", { url: undefined, actions: [atNine], vars: { site: "seoul" } });
    const words = "job run visit --dry-run --var site=busan --at 2026-12-01T09:00 --output json";
    const { stdout } = await terminal.run(...words.split(" "));
    expect(JSON.parse(stdout)).toMatchObject({
      job: "visit",
      scheduled_for: "2026-12-01T00:00:00.000Z",
      problems: 0,
      steps: [{ name: "nine", skipped: null, request: { url: "https://a.test/busan" } }],
    });
    expect((await terminal.run("job", "run", "visit", "--dry-run")).stdout).toContain("skipped, not at this time");
  });

  test("takes a job of a file without any database", async () => {
    const terminal = atHand({ BASE_URL: "https://a.test", KEY: "s3cr3t-key" });
    const { config } = terminal.fleet;
    terminal.loadConfig = async (): Promise<LoadedConfig> => ({
      config,
      origins: new Map(),
      path: undefined,
      warnings: [],
    });
    terminal.openFleet = () => Promise.reject(new Error("no database was to be opened"));
    terminal.files.set("visit.json", JSON.stringify({ name: "visit", enabled: true, schedule: "0 9 * * *", ...CHAIN }));
    const { exitCode, stdout } = await terminal.run("job", "run", "--dry-run", "--file", "visit.json");
    expect(stdout).toContain("2 look  GET [secret BASE_URL]/things/<vars.id>?site=seoul");
    expect(exitCode).toBe(0);
    const caller = { name: "caller", enabled: true, schedule: "0 9 * * *", actions: [{ type: "job", job: "visit" }] };
    terminal.files.set("caller.json", JSON.stringify(caller));
    const words = "job run --dry-run --file caller.json --file visit.json";
    expect((await terminal.run(...words.split(" "))).stdout).toContain("1.1 login  POST [secret BASE_URL]/login");
  });

  test("is what --file and --at belong to", async () => {
    const terminal = createTerminal();
    expect(await terminal.run("job", "run", "--file", "x.json")).toMatchObject({
      exitCode: 2,
      stderr: "fleetcron: --file goes with --dry-run alone\n",
    });
    expect(await terminal.run("job", "run")).toMatchObject({ exitCode: 2 });
  });
});
