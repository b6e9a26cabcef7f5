import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../support/agent-process.ts";

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));
let home = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "fleetcron-documents-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function documents(): Promise<readonly string[]> {
  const files = await readdir(FOLDER, { recursive: true });
  return files.filter((it) => it.endsWith(".json")).map((it) => join(FOLDER, it));
}

describe.concurrent("the job documents of the examples", () => {
  test("have no problems as they stand, with their real hours", async () => {
    const files = await documents();
    expect(files.length).toBeGreaterThanOrEqual(8);
    const checked = await Promise.all(files.map((file) => runProgram(home, ["job", "validate", "--file", file])));
    expect(checked.filter((it) => it.exitCode !== 0)).toEqual([]);
  });

  test("pass the tests that are in them, hours of waiting included", async () => {
    const tested = ["lab-monitor/lab-rack", "nightly-backup/job", "health-quorum/verdict", "fan-out/job"];
    const files = tested.map((it) => join(FOLDER, `${it}.json`));
    const { exitCode, stdout } = await runProgram(home, ["job", "test", ...files, "--output", "json"]);
    const told = JSON.parse(stdout) as readonly { readonly test: string; readonly ok: boolean }[];
    expect(told.filter((it) => !it.ok)).toEqual([]);
    expect(told.map((it) => it.test)).toContain("a job that is not done after two hours is cancelled");
    expect(exitCode).toBe(0);
  });
});
