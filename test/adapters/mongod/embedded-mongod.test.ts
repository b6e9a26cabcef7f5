import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type EmbeddedMongod, startEmbeddedMongod } from "../../../src/adapters/mongod/embedded-mongod.ts";
import { findMongod } from "../../../src/adapters/mongod/find-mongod.ts";
import { cacheFolder } from "../../../src/adapters/mongod/mongod-cache.ts";
import { EXIT } from "../../../src/model/errors.ts";
import type { Log } from "../../../src/ports/log.ts";
import { scratchFolder } from "../files/scratch-folder.ts";
import { fakeProgram } from "./fake-programs.ts";

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
let binary = "";

beforeAll(async () => {
  const found = await findMongod({ env: process.env, cacheDir: cacheFolder(process.env), progress: () => {} });
  binary = found.path;
}, 120_000);

async function start(dataDir: string, port?: number): Promise<EmbeddedMongod> {
  const mongod = await startEmbeddedMongod({ binary, dataDir, port, log });
  onTestFinished(() => mongod.stop());
  return mongod;
}

async function withNotes<T>({ uri }: EmbeddedMongod, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000, writeConcern: { w: "majority" } });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const noted = (mongod: EmbeddedMongod) =>
  withNotes(mongod, (client) => client.db("kept").collection("notes").countDocuments());
const note = (mongod: EmbeddedMongod) =>
  withNotes(mongod, (client) => client.db("kept").collection("notes").insertOne({}));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the embedded mongod", () => {
  test("takes majority writes and transactions, and can be watched, as soon as it is started", async () => {
    const mongod = await start(await scratchFolder());

    const seen = await withNotes(mongod, async (client) => {
      const notes = client.db("kept").collection<{ text: string }>("notes");
      const changes = notes.watch();
      const first = once(changes, "change");
      await once(
        changes.on("change", () => {}),
        "resumeTokenChanged",
      );
      await client.withSession((session) =>
        session.withTransaction(() => notes.insertOne({ text: "hello" }, { session })),
      );
      const [change] = await first;
      await changes.close();
      return change.fullDocument.text;
    });

    expect(seen).toBe("hello");
  });

  test("keeps data and address over a clean stop and the next start", async () => {
    const dataDir = await scratchFolder();
    const former = await start(dataDir);
    await note(former);
    await former.stop();
    expect(isAlive(former.pid)).toBe(false);

    const next = await start(dataDir);

    expect(next.uri).toBe(former.uri);
    expect(next.pid).not.toBe(former.pid);
    expect(await noted(next)).toBe(1);
  });

  test("comes back after kill -9 with all that was acknowledged", async () => {
    const dataDir = await scratchFolder();
    const former = await start(dataDir);
    for (let count = 0; count < 20; count++) await note(former);
    const gone = new Promise((resolve) => former.onExit(resolve));
    process.kill(former.pid, "SIGKILL");
    await gone;

    expect(await noted(await start(dataDir))).toBe(20);
  });

  test("is taken over when it outlived its agent, and stopped by the one that took it", async () => {
    const dataDir = await scratchFolder();
    const left = await start(dataDir);
    await note(left);

    const takenOver = await start(dataDir);
    expect(takenOver).toMatchObject({ pid: left.pid, uri: left.uri });
    expect(await noted(takenOver)).toBe(1);

    const gone = new Promise((resolve) => left.onExit(resolve));
    await takenOver.stop();
    expect(await gone).toBe(0);
  });

  test("is waited for when it has the data and can't be reached, and started when it has ended", async () => {
    const dataDir = await scratchFolder();
    const left = await start(dataDir);
    await note(left);
    await rm(join(dataDir, "mongod.json"));
    const found = new Promise<void>((resolve) => {
      // Its log tells of the attempt that the running one's lock refused.
      watchFile(join(dataDir, "mongod.log"), { interval: 50 }, () => {
        if (readFileSync(join(dataDir, "mongod.log"), "utf8").includes("DBPathInUse")) resolve();
      });
    });
    onTestFinished(() => unwatchFile(join(dataDir, "mongod.log")));

    const starting = start(dataDir);
    await found;
    await left.stop();

    expect(await noted(await starting)).toBe(1);
  });

  test("goes on elsewhere, with its data, when another program has its port", async () => {
    const dataDir = await scratchFolder();
    const former = await start(dataDir);
    await note(former);
    await former.stop();
    await occupy(former.port);

    const next = await start(dataDir);

    expect(next.port).not.toBe(former.port);
    expect(await noted(next)).toBe(1);
    await note(next);
  });

  test("does not belong to the process group that Ctrl-C ends", async () => {
    const mongod = await start(await scratchFolder());
    const groupOf = (pid: number) =>
      execFileSync("ps", ["-o", "pgid=", "-p", String(pid)], { encoding: "utf8" }).trim();

    expect(groupOf(mongod.pid)).not.toBe(groupOf(process.pid));
  });

  test("listens to nobody but this machine", async () => {
    const mongod = await start(await scratchFolder());

    const options = await withNotes(mongod, (client) => client.db("admin").command({ getCmdLineOpts: 1 }));

    expect(options["parsed"].net).toMatchObject({ bindIp: "127.0.0.1", unixDomainSocket: { enabled: false } });
  });

  test("may be stopped twice, and again after it has ended by itself", async () => {
    const mongod = await start(await scratchFolder());
    const gone = new Promise((resolve) => mongod.onExit(resolve));
    process.kill(mongod.pid, "SIGKILL");
    await gone;

    await expect(Promise.all([mongod.stop(), mongod.stop()])).resolves.toBeDefined();
  });
});

describe("an embedded mongod that can't be started says why", () => {
  test("the port that was asked for is taken", async () => {
    const port = await occupy(0);

    await expect(start(await scratchFolder(), port)).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: `the embedded mongod can't have the port ${port}: another program has it`,
    });
  });

  test("the port is another mongod's, which is left as it is", async () => {
    const other = await start(await scratchFolder());
    const configOf = () => withNotes(other, (client) => client.db("admin").command({ replSetGetConfig: 1 }));
    const before = await configOf();

    await expect(start(await scratchFolder(), other.port)).rejects.toMatchObject({ exitCode: EXIT.failed });

    expect((await configOf())["config"]).toEqual(before["config"]);
    await note(other);
  });

  test("its data are damaged", async () => {
    const dataDir = await scratchFolder();
    await mkdir(join(dataDir, "db"));
    await writeFile(join(dataDir, "db", "WiredTiger.turtle"), "garbage");
    await writeFile(join(dataDir, "db", "storage.bson"), "garbage");

    await expect(start(dataDir)).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message:
        "the embedded mongod can't be started: Unable to read the storage engine metadata file: Incorrect BSON length in element with field name '?' in object with unknown _id",
      hint: expect.stringContaining(join(dataDir, "mongod.log")),
    });
  });

  test("the program is none", async () => {
    const dataDir = await scratchFolder();
    const broken = await fakeProgram(join(dataDir, "broken"), "exit 3");

    await expect(startEmbeddedMongod({ binary: broken, dataDir, log })).rejects.toMatchObject({
      message: "the embedded mongod can't be started: it exited with 3",
    });
    await expect(startEmbeddedMongod({ binary: join(dataDir, "missing"), dataDir, log })).rejects.toMatchObject({
      message: expect.stringContaining("ENOENT"),
    });
  });

  test("what it noted about its last life is cut off, and does not matter", async () => {
    const dataDir = await scratchFolder();
    const former = await start(dataDir);
    await former.stop();
    await writeFile(join(dataDir, "mongod.json"), '{"port": ');

    const next = await start(dataDir);

    expect(JSON.parse(await readFile(join(dataDir, "mongod.json"), "utf8"))).toEqual({
      port: next.port,
      pid: next.pid,
    });
  });
});

/** Another program that listens there and hangs up on whoever calls. */
async function occupy(port: number): Promise<number> {
  const server = createServer((socket) => void socket.destroy());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
