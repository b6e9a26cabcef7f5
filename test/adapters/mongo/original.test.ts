import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Db } from "mongodb";
import type { Lane } from "../../../src/adapters/mongo/lane.ts";
import { takeOverOriginal } from "../../../src/adapters/mongo/original.ts";
import { prepareDatabase } from "../../../src/adapters/mongo/preparation.ts";
import { mongoStores, openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";
import { machine, session } from "../../conformance/samples.ts";

describe("the database of an original FleetCron", () => {
  let opened: TestDatabase;
  let db: Db;

  beforeEach(async () => {
    opened = await openTestDatabase();
    db = opened.client.db(opened.database.dbName);
  });
  afterEach(() => opened.dispose());

  async function writeOriginal(lastOnline: unknown): Promise<void> {
    await db.collection("machines").createIndex({ machine_id: 1 }, { unique: true });
    await db
      .collection("machines")
      .insertOne({ machine_id: "m-1", hostname: "old-host", last_online_minute: lastOnline });
    await db.collection("serials").createIndex({ serial: 1 }, { unique: true });
    await db.collection("serials").insertOne({ serial: 1, machine_id: "m-1" });
    await db.collection("job_runs").createIndex({ job_id: 1, scheduled_for: 1 }, { unique: true });
    await db.collection("job_runs").insertOne({ job_id: "j", scheduled_for: "2026-11-21T14:30" });
    await db.collection("jobs").insertOne({ name: "stays", enabled: true });
  }

  const longAgo = new Date(Date.now() - 10 * 60_000);

  test("is left alone while an agent of it is alive, and the host is named", async () => {
    await writeOriginal(new Date());
    expect(await takeOverOriginal(opened.database.work)).toMatchObject({ outcome: "alive", hostname: "old-host" });
    expect(await db.collection("serials").countDocuments()).toBe(1);
  });

  test("is made room in, and nothing is deleted", async () => {
    await writeOriginal(longAgo);
    expect(await takeOverOriginal(opened.database.work)).toMatchObject({ outcome: "renamed" });
    for (const name of ["machines", "serials", "job_runs"]) {
      expect(await db.collection(`original_${name}`).countDocuments()).toBe(1);
      expect(await db.collection(name).countDocuments()).toBe(0);
    }
    expect(await db.collection("jobs").countDocuments()).toBe(1);
    await prepareDatabase(opened.database.work);
    const { serials } = mongoStores(opened.database);
    await serials.prepare(2);
    expect((await serials.take(session("s"), machine("m-1"), 2, 1_000)).outcome).toBe("taken");
    expect(await takeOverOriginal(opened.database.work)).toEqual({ outcome: "nothing" });
  });

  test("is taken over by several agents at once without moving the fleet's own collections away", async () => {
    await writeOriginal(longAgo);
    const agents = Array.from({ length: 5 }, async () => {
      const { outcome } = await takeOverOriginal(opened.database.work);
      await prepareDatabase(opened.database.work);
      await mongoStores(opened.database).serials.prepare(3);
      return outcome;
    });
    expect(await Promise.all(agents)).not.toContain("alive");
    expect(await db.collection("serials").countDocuments()).toBe(3);
    expect(await db.collection("original_serials").countDocuments()).toBe(1);
    expect(await db.collection("original_serials_2").countDocuments()).toBe(0);
  });

  test("is taken over by an agent that is late without moving the fleet's own collections away", async () => {
    await writeOriginal(longAgo);
    const { work } = opened.database;
    const { serials } = mongoStores(opened.database);
    let isFirst = true;
    const late: Lane = {
      async run(name, operation) {
        if (name.startsWith("rename") && isFirst) {
          isFirst = false;
          await takeOverOriginal(work);
          await prepareDatabase(work);
          await serials.prepare(3);
        }
        return work.run(name, operation);
      },
    };
    expect(await takeOverOriginal(late)).toEqual({ outcome: "renamed", collections: [] });
    expect(await db.collection("serials").countDocuments()).toBe(3);
    expect((await db.listCollections({ name: /_2$/ }).toArray()).length).toBe(0);
  });

  test("is taken over once more when an original came back after the first time", async () => {
    await writeOriginal(longAgo);
    await takeOverOriginal(opened.database.work);
    await writeOriginal(longAgo);
    expect(await takeOverOriginal(opened.database.work)).toMatchObject({ outcome: "renamed" });
    expect(await db.collection("original_machines").countDocuments()).toBe(1);
    expect(await db.collection("original_machines_2").countDocuments()).toBe(1);
  });

  test("is not seen in an empty database or one of a fleet", async () => {
    expect(await takeOverOriginal(opened.database.work)).toEqual({ outcome: "nothing" });
    await prepareDatabase(opened.database.work);
    await mongoStores(opened.database).serials.prepare(3);
    expect(await takeOverOriginal(opened.database.work)).toEqual({ outcome: "nothing" });
  });
});
