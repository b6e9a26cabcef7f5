import { type Db, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prepareDatabase } from "../../../src/adapters/mongo/preparation.ts";
import type { Lane } from "../../../src/adapters/mongo/lane.ts";
import { StoreUnavailableError } from "../../../src/model/errors.ts";
import { leaseTiming } from "../../../src/model/member.ts";
import { type LooseDocument, mongoStores, openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";
import { openMonitoredLane } from "./monitored-lane.ts";

const SEEN = { status: "seen", reason: undefined } as const;
const SETTINGS = { zone: "Asia/Seoul", maxSerial: 3, lease: leaseTiming(3_000, 12_000, 3_000) };

describe("preparing a database", () => {
  let opened: TestDatabase;
  let db: Db;

  beforeEach(async () => {
    opened = await openTestDatabase();
    db = opened.client.db(opened.database.dbName);
  });
  afterEach(() => opened.dispose());

  test("can be done by many agents at once, and again", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => prepareDatabase(opened.database.work)));
    expect(all.flat()).toEqual([]);
    expect(await prepareDatabase(opened.database.work)).toEqual([]);
  });

  test("stamps the commands of an earlier time as expired, and none that comes later", async () => {
    const { commands, settings } = mongoStores(opened.database);
    const earlier = new ObjectId();
    await db.collection<LooseDocument>("commands").insertMany([{ _id: earlier, type: "reload_jobs" }, { _id: "$old" }]);
    await Promise.all(Array.from({ length: 3 }, () => prepareDatabase(opened.database.work)));
    await settings.readOrCreate(SETTINGS);
    await db.collection<LooseDocument>("commands").insertOne({ _id: "later", type: "ping" });
    await prepareDatabase(opened.database.work);
    const statusOf = async (command: string) => (await commands.see([{ command, ...SEEN }])).sights[0]?.status;
    expect(await statusOf(earlier.toHexString())).toBe("expired");
    expect(await statusOf("$old")).toBe("expired");
    expect(await statusOf("later")).toBe("seen");
  });

  test("stamps many earlier commands in a few writes, and none twice", async () => {
    const ids = Array.from({ length: 450 }, (_, index) => ({ _id: `c-${index}` }));
    await db.collection<LooseDocument>("commands").insertMany(ids);
    const monitored = await openMonitoredLane(opened);
    try {
      let laneCalls = 0;
      const breaking: Lane = {
        run: (name, operation) =>
          name === "stamp earlier commands as expired" && ++laneCalls > 2
            ? Promise.reject(new StoreUnavailableError(name, new Error("away")))
            : monitored.lane.run(name, operation),
      };
      await expect(prepareDatabase(breaking)).rejects.toThrow(StoreUnavailableError);
      expect(await db.collection("command_acks").countDocuments({ status: "expired" })).toBe(400);
      expect(monitored.count("update")).toBe(2);
      await prepareDatabase(monitored.lane);
      expect(await db.collection("command_acks").countDocuments({ status: "expired" })).toBe(450);
      expect(monitored.count("update")).toBe(3);
    } finally {
      await monitored.close();
    }
  });

  test("names an index that is in the way of another, and goes on", async () => {
    await db.collection("job_runs").createIndex({ expire_at: 1 }, { expireAfterSeconds: 5 });
    const warnings = await prepareDatabase(opened.database.work);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/old runs are removed; an administrator runs: db\.job_runs\.createIndex/);
    expect(await db.collection("events").indexExists("at_1")).toBe(true);
  });

  test("leaves the looks for live runs to an index", async () => {
    await prepareDatabase(opened.database.work);
    const live = { status: { $in: ["waiting", "running"] }, session: "s" };
    const plan = await db.collection("job_runs").find(live).explain("queryPlanner");
    expect(JSON.stringify(plan["queryPlanner"].winningPlan)).toContain("status_1_session_1");
  });
});
