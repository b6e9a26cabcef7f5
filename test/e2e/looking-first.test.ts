import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Db } from "mongodb";
import { expect, test } from "vitest";
import { labMonitor } from "../rehearsal/lab-monitor.ts";
import { runProgram } from "../support/agent-process.ts";
import { openFleet } from "./fleet.ts";

async function everythingStored(db: Db): Promise<Readonly<Record<string, unknown>>> {
  const collections = await db.collections();
  const stored = await Promise.all(
    collections.map(async (it) => [it.collectionName, await it.find().sort({ _id: 1 }).toArray()] as const),
  );
  return Object.fromEntries(stored);
}

test("a dry run of a stored job sends nothing and writes nothing", async (context) => {
  const fleet = await openFleet(context);
  const secrets = { BASE_URL: fleet.target.url, TESTFLINGER: fleet.target.url, PASSWORD: "hunter22-hunter22" };
  const home = await fleet.makeHome({ secrets });
  await fleet.putJob(labMonitor);
  const before = await everythingStored(fleet.db);
  const { exitCode, stdout, stderr } = await runProgram(home, ["job", "run", labMonitor.name, "--dry-run"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining("Nothing was sent") });
  expect(stdout).toContain("2 list  GET [secret BASE_URL]/machines?tags=rack-1\n");
  expect(stdout + stderr).not.toContain(secrets.PASSWORD);
  expect(stdout + stderr).not.toContain(fleet.target.url);
  expect(await everythingStored(fleet.db)).toEqual(before);
  expect(Object.keys(before)).toEqual(["jobs"]);
  expect(fleet.target.arrivals).toEqual([]);
});

test("the tests in a document are played without any config or database", async (context) => {
  const home = await mkdtemp(join(tmpdir(), "fleetcron-e2e-"));
  context.onTestFinished(() => rm(home, { recursive: true }));
  const file = join(home, "lab-monitor.json");
  await writeFile(file, JSON.stringify(labMonitor));
  const { exitCode, stdout, stderr } = await runProgram(home, ["job", "test", file]);
  expect(stdout).toMatch(/\n2 tests: 2 ok\n$/);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});
