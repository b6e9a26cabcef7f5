import { describe, expect, test } from "vitest";
import type { LoadedConfig } from "../../src/cli/deps.ts";
import { EXIT, ExitError } from "../../src/model/errors.ts";
import { parseConfig } from "../../src/schema/config.ts";
import { createTerminal } from "./terminal.ts";

describe("init", () => {
  test("asks for database and zone, tries the connection, writes the config and says what comes next", async () => {
    const terminal = createTerminal();
    const tried: string[] = [];
    terminal.testConnection = async (uri) => void tried.push(uri);
    terminal.answers = ["mongodb://db.example.org:27017", ""];
    const { exitCode, stdout } = await terminal.run("init");
    expect(terminal.asked).toEqual([
      'MongoDB URI, or "embedded" for a database of its own [mongodb://127.0.0.1:27017]: ',
      "Time zone of jobs that name none [Europe/Berlin]: ",
    ]);
    expect(tried).toEqual(["mongodb://db.example.org:27017"]);
    expect(JSON.parse(terminal.configText ?? "")).toEqual({
      mongodb_uri: "mongodb://db.example.org:27017",
      db_name: "fleetcron",
      tz: "Europe/Berlin",
    });
    expect(stdout).toBe("Wrote fleetcron.config.json\nStart the agent with: fleetcron agent\n");
    expect(exitCode).toBe(0);
  });

  test("asks nothing for which there is a flag, and nothing at all with --yes", async () => {
    const terminal = createTerminal();
    await terminal.run("init", "--uri", "mongodb://h", "--tz", "Asia/Seoul", "--db", "mine");
    expect(JSON.parse(terminal.configText ?? "")).toEqual({
      mongodb_uri: "mongodb://h",
      db_name: "mine",
      tz: "Asia/Seoul",
    });
    const sure = createTerminal();
    sure.env = { FLEETCRON_MONGODB_URI: "mongodb://user:hidden@h" };
    const { stdout, stderr } = await sure.run("init", "--yes");
    expect(JSON.parse(sure.configText ?? "")).toMatchObject({
      mongodb_uri: "mongodb://user:hidden@h",
      tz: "Europe/Berlin",
    });
    expect([...terminal.asked, ...sure.asked]).toEqual([]);
    expect(stdout + stderr).not.toContain("hidden");
  });

  test("shows no password of the environment when it asks", async () => {
    const terminal = createTerminal();
    terminal.env = { FLEETCRON_MONGODB_URI: "mongodb://user:hidden@h" };
    terminal.answers = ["", ""];
    await terminal.run("init");
    expect(terminal.asked.join("")).not.toContain("hidden");
    expect(terminal.configText).toContain("mongodb://user:hidden@h");
  });

  test("ends with 2 when there is nobody to ask", async () => {
    const terminal = createTerminal();
    expect(await terminal.run("init")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
    expect(terminal.configText).toBeUndefined();
  });

  test("overwrites nothing without --force", async () => {
    const terminal = createTerminal();
    terminal.configText = "{}";
    expect((await terminal.run("init", "--yes")).exitCode).toBe(6);
    expect(terminal.configText).toBe("{}");
    expect((await terminal.run("init", "--yes", "--force")).exitCode).toBe(0);
    expect(terminal.configText).not.toBe("{}");
  });

  test("writes nothing when MongoDB does not answer or an answer is wrong", async () => {
    const terminal = createTerminal();
    terminal.testConnection = () => Promise.reject(new ExitError(EXIT.unreachable, "MongoDB at h can't be reached"));
    expect((await terminal.run("init", "--yes")).exitCode).toBe(4);
    expect(await terminal.run("init", "--yes", "--tz", "Mars/Phobos")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("/tz  Mars/Phobos is no time zone"),
    });
    expect(terminal.configText).toBeUndefined();
    expect((await terminal.run("init", "--yes", "--no-test")).exitCode).toBe(0);
  });

  test("tries no connection to a database that the agent will start itself", async () => {
    const terminal = createTerminal();
    terminal.testConnection = () => Promise.reject(new Error("nothing was to be tried"));
    expect((await terminal.run("init", "--yes", "--uri", "embedded")).exitCode).toBe(0);
  });
});

describe("config show", () => {
  function terminalWithConfig() {
    const terminal = createTerminal();
    const parsed = parseConfig({
      text: '{ "mongodb_uri": "mongodb://user:hidden@db.example.org/?x=1", "secrets": { "KEY": "s3cret" }, "labels": { "site": "=seoul" } }',
      environment: {},
      flags: { tz: "Europe/Berlin" },
      secretSources: { env: () => undefined, file: () => ({ error: "none" }) },
    } as Parameters<typeof parseConfig>[0]);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const loaded: LoadedConfig = { ...parsed.value, path: "fleetcron.config.json", warnings: [] };
    terminal.loadConfig = async () => loaded;
    return terminal;
  }

  test("shows each setting and where it comes from, but neither secrets nor the connection string", async () => {
    const terminal = terminalWithConfig();
    for (const output of ["table", "json", "csv"]) {
      const { exitCode, stdout, stderr } = await terminal.run("config", "show", "--origin", "--output", output);
      expect(exitCode).toBe(0);
      expect(stdout + stderr).not.toMatch(/hidden|s3cret|user:/);
      expect(stdout).toContain("db.example.org");
      expect(stdout).toContain("/secrets/KEY");
    }
    const { stdout } = await terminal.run("config", "show", "--origin");
    expect(stdout).toMatch(/^\/tz +Europe\/Berlin +flag$/m);
    expect(stdout).toMatch(/^\/labels\/site +=seoul +file$/m);
    expect(stdout).toMatch(/^\/db_name +fleetcron +default$/m);
    expect((await terminal.run("config", "show", "--output", "csv")).stdout).toContain("/labels/site,'=seoul\n");
  });

  test("gives programs the settings in the form of the file", async () => {
    const { stdout } = await terminalWithConfig().run("config", "show", "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject({ db_name: "fleetcron", tz: "Europe/Berlin", labels: { site: "=seoul" } });
  });

  test("ends with 2 when there is no usable config", async () => {
    expect(await createTerminal().run("config", "show")).toMatchObject({ exitCode: 2 });
  });
});

describe("agent and demo", () => {
  test("hand their flags on and end with the exit code that they are given", async () => {
    const terminal = createTerminal();
    expect((await terminal.run("agent", "--no-wait", "--uri", "mongodb://h")).exitCode).toBe(7);
    expect((await terminal.run("agent", "--embedded")).exitCode).toBe(7);
    expect((await terminal.run("demo", "--minutes", "3")).exitCode).toBe(0);
    expect(terminal.agentCalls).toMatchObject([
      { flags: { uri: "mongodb://h", embedded: false }, options: { embedded: false, waitForSerial: false } },
      { flags: { embedded: true }, options: { embedded: true, waitForSerial: true } },
      { minutes: 3 },
    ]);
  });
});
