import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type FleetDatabase, openDatabase } from "../../../src/adapters/mongo/database.ts";
import { StoreRefusedError, StoreUnavailableError } from "../../../src/model/errors.ts";
import { mongodbHosts } from "../../../src/schema/mongodb-uri.ts";
import { missed } from "../../conformance/samples.ts";
import { freshDatabase } from "../../support/mongo.ts";
import { mongoStores, openTestDatabase } from "../../conformance/worlds.ts";

const PASSWORD = "tell-nobody";

function withOptions(uri: string, options: string): string {
  if (uri.includes("?")) return `${uri}&${options}`;
  return /^mongodb(\+srv)?:\/\/[^/]+\//.test(uri) ? `${uri}?${options}` : `${uri}/?${options}`;
}

describe("a database", () => {
  const open: FleetDatabase[] = [];
  let silent: Server | undefined;
  const openFor = (uri: string, deadlineMs = 300) => {
    const database = openDatabase({
      uri,
      dbName: "unused",
      appName: "test",
      deadlineMs,
      heartbeatDeadlineMs: deadlineMs,
    });
    open.push(database);
    return database;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((it) => it.close()));
    silent?.close();
    silent = undefined;
  });

  async function listenSilently(): Promise<number> {
    const sockets = createServer(() => {}).listen(0, "127.0.0.1");
    silent = sockets;
    await new Promise((resolve) => sockets.once("listening", resolve));
    return (sockets.address() as AddressInfo).port;
  }

  test("that is not there fails each operation within its deadline, and nothing else", async () => {
    const database = openFor(`mongodb://fleet:${PASSWORD}@127.0.0.1:1/?authSource=admin`);
    const startedAt = performance.now();
    const failure = await mongoStores(database)
      .serials.readHeld()
      .catch((err: unknown) => err);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(String((failure as Error).stack) + String((failure as Error).cause)).not.toContain(PASSWORD);
    await database.close();
    await database.close();
  });

  test("comes to know the servers that its connection string led to", async () => {
    const [server = ""] = mongodbHosts(freshDatabase("members").uri);
    const database = openFor(`mongodb://localhost:${server.split(":")[1]}/`, 10_000);
    expect(database.members()).toEqual([]);
    await mongoStores(database).serials.readHeld();
    expect(database.members()).toContain(server);
  });

  test("that accepts connections and never answers is as good as away", async () => {
    const database = openFor(`mongodb://127.0.0.1:${await listenSilently()}/?directConnection=true`);
    const failure = await mongoStores(database)
      .claims.insert([missed("m")])
      .catch((err: unknown) => err);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(await database.ping(300)).toMatchObject({ outcome: "unreachable" });
  });

  test("says where it looked and what it met, without a password", async () => {
    const ping = await openFor(`mongodb://fleet:${PASSWORD}@127.0.0.1:1/`).ping(500);
    expect(ping).toEqual({
      outcome: "unreachable",
      message: "MongoDB at 127.0.0.1:1 can't be reached: nothing listens there (ECONNREFUSED)",
    });
  });

  test("tells a wrong password from a server that is away", async () => {
    const uri = freshDatabase("ping").uri.replace(/^mongodb:\/\/([^@/]*@)?/, `mongodb://nobody:${PASSWORD}@`);
    const ping = await openFor(uri).ping(5_000);
    expect(ping.outcome).toBe("auth_failed");
    expect(JSON.stringify(ping)).not.toContain(PASSWORD);
  });

  test("tells a problem with TLS from a server that is away", async () => {
    const ping = await openFor(withOptions(freshDatabase("ping").uri, "tls=true")).ping(3_000);
    expect(["tls_problem", "unreachable"]).toContain(ping.outcome);
    expect(ping.outcome !== "ok" && ping.message).toMatch(/tls/i);
  });

  test("that answers says its version", async () => {
    const ping = await openFor(freshDatabase("ping").uri).ping(5_000);
    expect(ping).toMatchObject({ outcome: "ok", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  test.each([
    "",
    "nonsense",
    `mongodb://fleet:${PASSWORD}@/x y`,
    `mongodb://fl:${PASSWORD}@:@host`,
    "mongodb://h/?w=nonsense&tls=maybe",
  ])("refuses the connection string %j without repeating it", (uri) => {
    const failure = (() => {
      try {
        open.push(openDatabase({ uri, dbName: "unused", appName: "test" }));
        return undefined;
      } catch (err) {
        return err;
      }
    })();
    expect(failure).toBeInstanceOf(StoreRefusedError);
    expect(String((failure as Error).stack)).not.toContain(PASSWORD);
    expect((failure as Error).cause).toBeUndefined();
  });

  test("waits for a majority whatever the connection string says", async () => {
    const weak = (uri: string) => withOptions(uri, "w=0&readPreference=secondaryPreferred");
    const { database, dispose } = await openTestDatabase(weak);
    const [outcome] = await mongoStores(database).claims.insert([missed("m")]);
    expect(outcome).toEqual({ outcome: "inserted" });
    expect(
      await mongoStores(database).claims.insert([missed("m", { reason: "other", recordedAt: 1 as never })]),
    ).toEqual([{ outcome: "exists", stretchLast: undefined }]);
    await dispose();
  });
});
