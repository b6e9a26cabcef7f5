import fc from "fast-check";
import type { Document } from "mongodb";
import { expect, test } from "vitest";
import { openFleet, type RunRow, strayWords } from "../e2e/fleet.ts";
import { eventually } from "../support/eventually.ts";
import { startOwnMongod } from "../support/own-mongod.ts";
import { anyCommandDocument, anyJobDocument } from "./any-document.ts";
import { insertPossible } from "./insert-possible.ts";

const FLOOD = 100_000;
/** Two minutes' beginnings and what a busy computer takes besides. */
const TWO_MINUTES_MS_MAX = 150_000;

test(
  "row 26, 38: a real agent among documents of 16 MB, anything that BSON can hold and 100,000 commands keeps its session and its minutes",
  async (context) => {
    const seed = Date.now() % 1e9;
    context.onTestFailed(() => console.error(`documents were made with the seed ${seed}`));
    const config = { lease: { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 }, log: { level: "info", format: "json" } };
    // Documents of 16 MB and a flood would fill the small cache of the server that other tests use at the same time.
    const { database } = await startOwnMongod(context);
    const fleet = await openFleet(context, { config, database });
    const [agent] = await fleet.startAgents(1);
    if (agent === undefined) throw new Error("no agent");
    await fleet.leaderOf([agent]);
    const sessionOf = async () => {
      const held = await fleet.db.collection("serials").findOne({ machine_id: agent.machineId });
      return [held?.["session"], held?.["token"]];
    };
    const before = await sessionOf();

    const good = await fleet.putJob({ name: "good", schedule: "* * * * *", url: `${fleet.target.url}/good` });
    const huge = [1, 2, 3].map((it) => ({
      _id: `huge-${it}`,
      name: "huge",
      description: "x".repeat(16 * 1024 * 1024 - 200),
    }));
    for (const it of huge) await fleet.db.collection<Document & { _id: string }>("jobs").insertOne(it);
    await insertPossible(fleet.db.collection("jobs"), fc.sample(anyJobDocument, { numRuns: 300, seed }));
    await insertPossible(fleet.db.collection("commands"), fc.sample(anyCommandDocument, { numRuns: 200, seed }));
    const flood = Array.from({ length: FLOOD }, (_, at) => ({ type: "ping", target: "all", at }));
    await fleet.db.collection("commands").insertMany(flood, { ordered: false });

    const ended = await eventually("two good minutes", TWO_MINUTES_MS_MAX, async () => {
      const runs = await fleet.db
        .collection<RunRow>("job_runs")
        .find({ job_id: good.toHexString(), status: "ok" })
        .toArray();
      return runs.length >= 2 ? runs : undefined;
    });
    const minutes = ended.map((it) => it.scheduled_for.getTime()).toSorted((a, b) => a - b);
    expect((minutes[1] ?? 0) - (minutes[0] ?? 0)).toBe(60_000);
    expect(ended.map((it) => it["late_ms"]).every((it: number) => it < 5_000)).toBe(true);
    expect(await sessionOf()).toEqual(before);
    const troubles = ["fenced", "session_over", "loop_failed", "degraded", "leader_lost", "command_failed"];
    expect(agent.lines.filter((it) => it.event !== undefined && troubles.includes(it.event))).toEqual([]);
    expect(strayWords(agent)).toEqual([]);
    for (const { _id } of huge)
      expect(agent.lines.filter((it) => it.event === "job_invalid" && it["job_id"] === _id)).toHaveLength(1);
    const answered = await fleet.db.collection("command_acks").countDocuments({ key: agent.machineId, status: "ok" });
    console.log(`of ${FLOOD} commands ${answered} were answered by then`);
    expect(answered).toBeGreaterThan(1_000);
    // People see it all, also from the command line.
    const list = await fleet.cli("job", "list", "--output", "json");
    expect(list).toMatchObject({ exitCode: 0, stderr: "" });
    expect(list.stdout).toContain("a job may have at most 262144");
  },
  TWO_MINUTES_MS_MAX + 60_000,
);
