import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LooseDocument, openTestDatabase, mongoStores, type TestDatabase } from "../../conformance/worlds.ts";

describe("changes", () => {
  let opened: TestDatabase;
  const stop = new AbortController();
  beforeEach(async () => {
    opened = await openTestDatabase();
  });
  afterEach(() => opened.dispose());

  test("wake up for both collections on connecting, and for each change after", async (context) => {
    const ping = await opened.database.ping(5_000);
    if (ping.outcome !== "ok" || ping.kind === "standalone") context.skip("a standalone MongoDB has no change streams");
    const { changes } = mongoStores(opened.database);
    const heard: string[] = [];
    let notify = () => {};
    const until = async (isEnough: () => boolean) => {
      while (!isEnough()) await new Promise<void>((resolve) => (notify = resolve));
    };
    const listening = changes.listen((collection) => {
      heard.push(collection);
      notify();
    }, stop.signal);
    await until(() => heard.length === 2);
    expect(heard.sort()).toEqual(["commands", "jobs"]);

    const db = opened.client.db(opened.database.dbName);
    await db.collection("events").insertOne({});
    await db.collection("commands").insertOne({});
    await until(() => heard.length === 3);
    expect(heard[2]).toBe("commands");
    await db.collection<LooseDocument>("jobs").insertOne({ _id: "j" });
    await db.collection<LooseDocument>("jobs").deleteOne({ _id: "j" });
    await until(() => heard.length === 5);
    expect(heard.slice(3)).toEqual(["jobs", "jobs"]);

    stop.abort();
    await listening;
  });

  test("stop at once without a database", async () => {
    const away = new AbortController();
    const { openDatabase } = await import("../../../src/adapters/mongo/database.ts");
    const database = openDatabase({ uri: "mongodb://127.0.0.1:1/", dbName: "x", appName: "test" });
    const { changes } = mongoStores(database);
    const heard: string[] = [];
    const listening = changes.listen((collection) => heard.push(collection), away.signal);
    away.abort();
    await database.close();
    await listening;
    expect(heard).toEqual([]);
  });
});
