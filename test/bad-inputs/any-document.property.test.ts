import fc from "fast-check";
import { BSON, type Collection, type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCommandStore } from "../../src/adapters/mongo/command-store.ts";
import { createJobSource } from "../../src/adapters/mongo/job-source.ts";
import { createRevisionStore } from "../../src/adapters/mongo/revision-store.ts";
import { createJobEditor } from "../../src/adapters/mongo/write-jobs.ts";
import { FleetCronError } from "../../src/model/errors.ts";
import { exactJson } from "../../src/cli/print/exact-json.ts";
import { parseCommand } from "../../src/schema/command.ts";
import { parseJob } from "../../src/schema/job.ts";
import { parseJsonc } from "../../src/schema/jsonc.ts";
import { openTestDatabase, type TestDatabase } from "../conformance/worlds.ts";
import { createWorld } from "../support/fleet-world/world.ts";
import { anyCommandDocument as commands, anyJobDocument as jobs } from "./any-document.ts";
import { insertPossible } from "./insert-possible.ts";

describe("in a real MongoDB, whatever somebody inserts", () => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  afterAll(() => opened.dispose());

  async function replaceAll(collection: Collection, documents: readonly Document[]): Promise<number> {
    await collection.deleteMany({});
    return insertPossible(collection, documents);
  }

  test("into jobs is read: each document is a job or has problems, and is kept as it was", async () => {
    const collection = opened.client.db(opened.database.dbName).collection("jobs");
    const source = createJobSource(opened.database.work, parseJob);
    const revisions = createRevisionStore(opened.database.work, parseJob);
    const editor = createJobEditor(opened.database.work);
    await fc.assert(
      fc.asyncProperty(fc.array(jobs, { minLength: 5, maxLength: 30 }), async (documents) => {
        const count = await replaceAll(collection, documents);
        const read = await source.readAll();
        expect(read).toHaveLength(count);
        await revisions.keep(read);
        for (const { id, revision, parsed } of read) {
          const messages = parsed.ok ? [] : parsed.problems.map((it) => it.message);
          expect(messages.join()).not.toContain("the document can't be read:");
          expect((await revisions.read(revision))?.revision).toBe(revision);
          const shown = await editor.read(id);
          // Of two ids that read the same, the second is shown in quotes.
          if (shown !== undefined) exactJson(shown, "");
        }
      }),
      { numRuns: 30 },
    );
  });

  test("into commands is read: each document is a command or has problems, and each is seen", async () => {
    const collection = opened.client.db(opened.database.dbName).collection("commands");
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 5, maxLength: 30 }), async (documents) => {
        const count = await replaceAll(collection, documents);
        const store = createCommandStore(opened.database.work, parseCommand);
        const known = new Set<string>();
        for (
          let page = await store.readUnknown(known, 10);
          page.length > 0;
          page = await store.readUnknown(known, 10)
        ) {
          const verdicts = page.map(({ id, parsed }) => {
            const reason = parsed.ok ? undefined : parsed.problems.map((it) => it.message).join("; ");
            return { command: id, status: parsed.ok ? ("seen" as const) : ("rejected" as const), reason };
          });
          const { sights } = await store.see(verdicts);
          expect(sights).toHaveLength(page.length);
          for (const { id } of page) {
            expect(known).not.toContain(id);
            known.add(id);
          }
        }
        expect(known.size).toBe(count);
      }),
      { numRuns: 15 },
    );
  });

  test("by job apply is stored, or refused in words", async () => {
    const editor = createJobEditor(opened.database.work);
    await fc.assert(
      fc.asyncProperty(jobs, async (document) => {
        const parsed = parseJsonc(BSON.EJSON.stringify(document, { relaxed: false }), { isStored: true });
        if (!parsed.ok) return;
        const fields = parsed.value as Readonly<Record<string, unknown>>;
        const error = await editor
          .create(fields)
          .then(async (created) => {
            if (created.outcome === "created") await editor.replace(created.id, fields);
          })
          .then(
            () => undefined,
            (err: unknown) => err,
          );
        expect(error === undefined || error instanceof FleetCronError ? undefined : error).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

test("whatever stands in jobs and commands, every loop of a fleet goes on, and a good job runs every minute", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(jobs, { maxLength: 25 }), fc.array(commands, { maxLength: 25 }), async (bad, orders) => {
      const world = createWorld();
      const machines = await world.startFleet("a", "b");
      world.putJob("good");
      for (const document of bad) world.putJob("its own", document);
      await world.passTo("10:01:30");
      for (const document of orders) world.putCommand("its own", document);
      await world.passTo("10:02:30");
      world.putCommand("still there", { type: "ping", target: "all" });
      await world.passTo("10:04:30");
      const minutes = world.storyOf("good").filter((it) => it.endsWith(" ok"));
      for (const minute of ["10:01 ok", "10:02 ok", "10:03 ok", "10:04 ok"]) expect(minutes).toContain(minute);
      for (const { agent } of machines) expect(agent).toBe("running");
      for (const machine of ["a", "b"]) expect(world.ackOf("still there", machine)?.status).toBe("ok");
      const broken = world.log.filter((it) =>
        ["loop_failed", "command_failed", "degraded"].includes(String(it.facts["event"])),
      );
      expect(broken).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
