import { describe, expect, test } from "vitest";
import { PLAY_MS_MAX, playExample, rowsOf, violationsOf } from "./play-example.ts";

describe.concurrent("examples on one agent", { timeout: PLAY_MS_MAX }, () => {
  test("fan-out: one site fails, every other is refreshed once, and the summary counts them", async () => {
    const played = await playExample("fan-out");
    expect(violationsOf(played)).toEqual([]);
    expect(rowsOf(played)).toEqual([
      ["oslo", "1", "1", "0"],
      ["perth", "2", "0", "1"],
      ["são paulo", "1", "1", "0"],
      ["lima/north", "1", "1", "0"],
      ["50% off", "1", "1", "0"],
      ["ulm", "1", "1", "0"],
      ["rome?", "1", "1", "0"],
    ]);
    expect(played.exitCode).toBe(0);
  });

  test("token-refresh: a token is kept from run to run, and fetched again when it is refused", async () => {
    const played = await playExample("token-refresh");
    expect(violationsOf(played)).toEqual([]);
    expect(rowsOf(played)).toEqual([
      ["first run", "ok", "1", "0"],
      ["second run", "ok", "0", "0"],
      ["after the token was revoked", "ok", "1", "1"],
    ]);
    expect(played.exitCode).toBe(0);
  });

  test("nightly-backup: polls until done, alerts for a bad one alone, and gives the lock back both times", async () => {
    const played = await playExample("nightly-backup");
    expect(violationsOf(played)).toEqual([]);
    expect(rowsOf(played).map((it) => it.slice(0, 5))).toEqual([
      ["a good night", "ok", "4", "0", "0"],
      ["a table is empty", "error", "2", "1", "0"],
    ]);
    expect(played.exitCode).toBe(0);
  });
});

describe("a call of the runner", () => {
  test("without a name lists the examples, and one that is not there is a usage error", async () => {
    const [list, unknown] = [await playExample(), await playExample("nothing")];
    expect(list.exitCode).toBe(0);
    for (const name of ["health-quorum", "nightly-backup", "token-refresh", "fan-out", "lab-monitor"])
      expect(list.stderr).toContain(`  ${name} `);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('no example "nothing"');
  });

  test("with half of the servers that it needs says which flags are missing and starts nothing", async () => {
    const played = await playExample("lab-monitor", "--maas", "http://127.0.0.1:1");
    expect(played).toMatchObject({ exitCode: 2, stdout: "" });
    expect(played.stderr).toContain("--maas-key KEY and --testflinger URL");
  });
});
