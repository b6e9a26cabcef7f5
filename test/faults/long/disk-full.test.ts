import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, type TestContext } from "vitest";
import { openFleet, type RunRow } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { report } from "../support/figures.ts";
import { startReplicaSet } from "../support/replica-set.ts";
import { databaseOn, startSteadyWork } from "../support/steady-work.ts";

const run = promisify(execFile);
const FULL_MS_MAX = 90_000;
const RECOVERY_MS_MAX = 60_000;
const CHUNK = "x".repeat(1_000_000);

/** A file system that is full after so much; needs root, and is skipped with its reason elsewhere. */
async function smallDisk(
  context: TestContext,
  size: string,
): Promise<{ readonly folder: string; enlarge(to: string): Promise<void> }> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return context.skip("a small disk needs root on Linux");
  const folder = await mkdtemp(join(tmpdir(), "fleetcron-faults-disk-"));
  const mounted = await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]).then(
    () => undefined,
    (err: unknown) => String(err),
  );
  if (mounted !== undefined) return context.skip(`no small disk can be mounted here: ${mounted}`);
  context.onTestFinished(async () => {
    await run("umount", ["-l", folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, enlarge: async (to) => void (await run("mount", ["-o", `remount,size=${to}`, folder])) };
}

test("F18: the disk of MongoDB is full: agents say so, send nothing and stay, and go on when there is space, with nothing lost or twice", {
  timeout: 300_000,
}, async (context) => {
  const disk = await smallDisk(context, "400m");
  const set = await startReplicaSet({ members: 1, of: () => ({ dataDir: disk.folder, args: ["--oplogSize", "990"] }) });
  context.onTestFinished(() => set.stop());
  const [mongod] = set.members;
  if (mongod === undefined) throw new Error("no mongod");
  const fleet = await openFleet(context, { database: databaseOn(set.uri) });
  const agents = await fleet.startAgents(2);
  await fleet.leaderOf(agents);
  const work = await startSteadyWork(fleet, agents, 900);

  const junk = fleet.db.collection("junk");
  const fill = async () => {
    while (mongod.exit === null) await junk.insertOne({ junk: CHUNK + Math.random() }, { writeConcern: { w: 1 } });
  };
  const filled = fill().catch(() => {});
  await eventually("end of a mongod whose disk is full", FULL_MS_MAX, () => mongod.exit ?? undefined);
  await filled;
  const awaySince = performance.now();
  for (const agent of agents) await agent.untilLogged("fenced");
  for (const agent of agents) await agent.untilLogged("degraded");
  const quietFrom = fleet.target.arrivals.length;
  report(context, { mongod_exit: JSON.stringify(mongod.exit), steps_before: quietFrom });

  await disk.enlarge("1500m");
  await mongod.restart();
  const backAt = performance.now();
  for (const id of work.runs) {
    const ended = await fleet.ended(id, RECOVERY_MS_MAX);
    expect(ended).toMatchObject({ status: "ok", takeovers: 0 });
    expect((ended as RunRow).steps?.every((it) => it.status === "ok" && it.attempts === 1)).toBe(true);
  }
  expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
  for (const list of work.arrivals().values())
    expect(list.map((it) => it.path)).toEqual(Array.from({ length: 900 }, (_, index) => `/steady/${index}`));
  for (const agent of agents) expect(agent.lines.some((it) => it.event === "session_over")).toBe(false);
  report(context, { away_ms: Math.round(backAt - awaySince), gap_after_ms: work.longestGapMs(backAt) });
});
