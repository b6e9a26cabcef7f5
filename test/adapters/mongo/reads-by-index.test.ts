import { type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClaimStore } from "../../../src/adapters/mongo/claim-store.ts";
import { createCausalChain } from "../../../src/adapters/mongo/causal-chain.ts";
import { createLane, type Lane } from "../../../src/adapters/mongo/lane.ts";
import { prepareDatabase } from "../../../src/adapters/mongo/preparation.ts";
import { createEventReader } from "../../../src/adapters/mongo/read-events.ts";
import { createJobPast } from "../../../src/adapters/mongo/read-job-past.ts";
import { createRunHistory } from "../../../src/adapters/mongo/read-run-history.ts";
import type { JobId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { ClaimStore } from "../../../src/ports/claim-store.ts";
import { openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";
import { freshDatabase } from "../../support/mongo.ts";

const RECORDS = 2_000;
const START = Date.UTC(2026, 10, 1);
const at = (nth: number) => (START + nth * 60_000) as EpochMs;
const JOB = "job-7" as JobId;

/** What a read asked the server, and what the server did for it. */
interface Plan {
  readonly stages: readonly string[];
  readonly examined: number;
}

describe("what people read often is found by an index", () => {
  let opened: TestDatabase;
  let client: MongoClient;
  let lane: Lane;
  const asked: Document[] = [];

  beforeAll(async () => {
    opened = await openTestDatabase();
    const { dbName } = opened.database;
    await prepareDatabase(opened.database.work);
    client = await new MongoClient(freshDatabase("unused").uri, { monitorCommands: true }).connect();
    client.on("commandStarted", ({ command }) => {
      if ("find" in command) asked.push(command);
    });
    lane = createLane({ client, dbName, chain: createCausalChain(), deadlineMs: 10_000 });
    const db = opened.client.db(dbName);
    const numbers = Array.from({ length: RECORDS }, (_, nth) => nth);
    await db.collection<Document>("job_runs").insertMany(
      numbers.map((nth) => ({
        _id: `job-${nth % 100}|${nth}|fleet`,
        job_id: `job-${nth % 100}`,
        scheduled_for: new Date(at(nth)),
        status: nth % 2 === 0 ? "ok" : "missed",
        trigger: "schedule",
        ...(nth % 500 === 7 ? { last: new Date(at(nth + 90)), count: 91 } : {}),
      })) as unknown as Document[],
    );
    await db.collection("events").insertMany(
      numbers.map((nth) => ({
        at: new Date(at(nth)),
        type: nth % 50 === 0 ? "machine_joined" : "job_changed",
        message: "",
        facts: nth % 50 === 0 ? { machine_id: "m" } : { job_id: `job-${nth % 100}` },
      })),
    );
    await db.collection<Document>("job_revisions").insertMany(
      numbers.map((nth) => ({
        _id: `r-${nth}`,
        job_id: `job-${nth % 100}`,
        first_seen: new Date(at(nth)),
      })) as unknown as Document[],
    );
  });
  afterAll(async () => {
    await client.close();
    await opened.dispose();
  });

  /** Each find of a read, as the server carries it out. */
  async function plansOf(read: () => Promise<unknown>): Promise<readonly Plan[]> {
    asked.length = 0;
    await read();
    const finds = [...asked];
    expect(finds.length).toBeGreaterThan(0);
    const db = opened.client.db(opened.database.dbName);
    return Promise.all(
      finds.map(async ({ find, filter, sort, limit, projection }) => {
        const query = {
          find,
          filter,
          ...(sort && { sort }),
          ...(limit && { limit }),
          ...(projection && { projection }),
        };
        const { queryPlanner, executionStats } = await db.command({ explain: query, verbosity: "executionStats" });
        return { stages: stagesOf(queryPlanner.winningPlan), examined: executionStats.totalDocsExamined };
      }),
    );
  }

  const runs = () => createRunHistory(lane);
  const events = () => createEventReader(lane);

  test.each<readonly [string, () => Promise<unknown>, number]>([
    [
      "the latest runs of all jobs",
      () => runs().list({ jobId: undefined, statuses: [], since: undefined, limit: 20 }),
      20,
    ],
    [
      "the latest missed ones of all jobs",
      () => runs().list({ jobId: undefined, statuses: ["missed"], since: at(0), limit: 20 }),
      60,
    ],
    ["the latest runs of a job", () => runs().list({ jobId: JOB, statuses: [], since: undefined, limit: 5 }), 5],
    ["the records of an occurrence", () => runs().ofOccurrence(JOB, at(50)), 4],
    [
      "the latest events of a kind before a moment",
      () => events().find({ types: ["machine_joined"], upTo: at(1_000), prefer: "latest", limit: 5 }),
      5,
    ],
    [
      "the earliest events of two kinds after a moment",
      () => events().find({ types: ["machine_joined", "machine_left"], from: at(500), prefer: "earliest", limit: 5 }),
      6,
    ],
    [
      "the changes of a job",
      () => events().find({ types: ["job_changed"], jobId: JOB, prefer: "latest", limit: 1_000 }),
      25,
    ],
    ["the oldest event", () => events().oldest(), 1],
    ["the versions of a job", () => createJobPast(lane).versions(JOB, 200), 20],
  ])("%s", async (_, read, examinedMax) => {
    for (const { stages, examined } of await plansOf(read)) {
      expect(stages).toContain("IXSCAN");
      expect(stages).not.toContain("COLLSCAN");
      expect(stages).not.toContain("SORT");
      expect(examined).toBeLessThanOrEqual(examinedMax);
    }
  });
});

describe("what agents look for each minute is found by an index", () => {
  const JOBS_LIVE = 1_000;
  const MACHINES = 40;
  const MINUTES = 50;
  let opened: TestDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase();
    await prepareDatabase(opened.database.work);
    const runs = opened.client.db(opened.database.dbName).collection<Document>("job_runs");
    const live = Array.from({ length: JOBS_LIVE }, (_, nth) => ({
      _id: `live-${nth}`,
      job_id: `job-${nth}`,
      scope: null,
      status: "running",
      session: `s-${nth % 10}`,
      trigger: "schedule",
      scheduled_for: new Date(at(nth)),
    }));
    const ended = Array.from({ length: MACHINES * MINUTES }, (_, nth) => ({
      _id: `ended-${nth}`,
      job_id: JOB,
      scope: nth % 2 === 0 ? null : `m-${nth % MACHINES}`,
      status: "ok",
      trigger: "schedule",
      scheduled_for: new Date(at(Math.floor(nth / MACHINES))),
    }));
    await runs.insertMany([...live, ...ended] as unknown as Document[]);
  });
  afterAll(() => opened.dispose());

  async function examinedBy(read: (claims: ClaimStore) => Promise<unknown>): Promise<number> {
    const db = opened.client.db(opened.database.dbName);
    await db.command({ profile: 2 });
    await read(createClaimStore(opened.database.work));
    await db.command({ profile: 0 });
    const [found] = await db
      .collection("system.profile")
      .find({ "command.find": "job_runs" })
      .sort({ ts: -1 })
      .limit(1)
      .toArray();
    return found?.["docsExamined"];
  }

  test("the live runs of some jobs, among many that are live and many that have ended", async () => {
    expect(await examinedBy((claims) => claims.liveRuns([JOB, "job-8" as JobId], undefined))).toBeLessThanOrEqual(2);
  });

  test("the first record of one machine, among those of all machines", async () => {
    const window = { after: at(0), upTo: at(MINUTES) };
    const of = (machine: string) => (claims: ClaimStore) => claims.firstRecordIn(JOB, machine as MachineId, window);
    expect(await examinedBy(of("m-7"))).toBeLessThanOrEqual(1);
    expect(await examinedBy(of("m-gone"))).toBe(0);
  });
});

function stagesOf(plan: Document): readonly string[] {
  const tree = plan["queryPlan"] ?? plan;
  const inputs: readonly Document[] = [tree.inputStage, ...(tree.inputStages ?? [])].filter((it) => it !== undefined);
  return [String(tree.stage), ...inputs.flatMap(stagesOf)];
}
