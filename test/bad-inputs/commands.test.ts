import { Binary, Decimal128, Long, MaxKey, ObjectId } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCommandStore } from "../../src/adapters/mongo/command-store.ts";
import { parseCommand } from "../../src/schema/command.ts";
import { openTestDatabase, type TestDatabase } from "../conformance/worlds.ts";
import { errorsOf } from "../schema/job-document.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

const HOUR_MS = 3_600_000;

describe("a command document of a real MongoDB", () => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  afterAll(() => opened.dispose());

  async function read(document: Readonly<Record<string, unknown>>) {
    const commands = opened.client.db(opened.database.dbName).collection("commands");
    await commands.deleteMany({});
    await commands.insertOne({ ...document });
    const [found] = await createCommandStore(opened.database.work, parseCommand).readUnknown(new Set(), 10);
    if (found === undefined) throw new Error("the command was not read");
    return found.parsed;
  }

  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ target: "all" }, "/type  is missing; write one of reload_jobs"],
    [{ type: null, target: "all" }, "/type  is missing"],
    [{ type: "relaod_jobs", target: "all" }, '/type  unknown command type "relaod_jobs"; did you mean reload_jobs?'],
    [{ type: "explode", target: "all" }, '/type  unknown command type "explode"; write one of'],
    [{ type: "__proto__", target: "all" }, "/type  unknown command type"],
    [{ type: "constructor", target: "all" }, "/type  unknown command type"],
    [{ type: { $ne: 1 }, target: "all" }, "/type  must be one of"],
    [{ type: ["ping"], target: "all" }, "/type  must be one of"],
    [{ type: new MaxKey(), target: "all" }, "/type  unknown command type"],
    [{ type: "ping" }, "/target  is missing; write all, leader"],
    [{ type: "ping", target: null }, "/target  is missing"],
    [{ type: "ping", target: "" }, "/target  is empty"],
    [{ type: "ping", target: { $ne: 1 } }, "/target  can't be an object"],
    [{ type: "ping", target: {} }, "/target  can't be an object"],
    [{ type: "ping", target: ["all"] }, "/target  can't be a list"],
    [{ type: "ping", target: true }, "/target  can't be true"],
    [{ type: "ping", target: 0 }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: -1 }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: 1.5 }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: Number.NaN }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: Long.MAX_VALUE }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: Decimal128.fromString("1") }, "/target  can't be 1"],
    [{ type: "ping", target: "all", args: [] }, "/args  must be an object, got a list"],
    [{ type: "ping", target: "all", args: "x" }, "/args  must be an object"],
    [{ type: "run_job", target: "all" }, "/args/job  is missing; say which job"],
    [{ type: "run_job", target: "all", args: { job: { $ne: 1 } } }, "/args/job  must be a text, got an object"],
    [{ type: "run_job", target: "all", args: { job: 7 } }, "/args/job  must be a text, got 7"],
    [{ type: "run_job", target: "all", args: { job: " " } }, "/args/job  is empty"],
    [{ type: "pause_job", target: "all" }, "/args/job  is missing; say which job"],
    [{ type: "pause_job", target: "all", args: { job: "a", until: "later" } }, "/args/until  must be a date"],
    [{ type: "resume_job", target: "all", args: { job: [] } }, "/args/job  must be a text, got a list"],
    [{ type: "log_level", target: "all" }, "/args/level  is missing"],
    [{ type: "log_level", target: "all", args: { level: "loud" } }, "/args/level  must be one of"],
    [{ type: "log_level", target: "all", args: { level: "debug", for_sec: Long.MAX_VALUE } }, "/args/for_sec  must be"],
    [{ type: "backfill", target: "leader", job: "a" }, "/args/times  names no time"],
    [{ type: "backfill", target: "leader", args: { job: "a", times: [7] } }, "/args/times/0  must be a date"],
    [{ type: "ping", target: { labels: {} } }, "/target/labels  names no label; write all for every machine"],
    [{ type: "ping", target: { labels: null } }, "/target/labels  names no label"],
    [{ type: "ping", target: { labels: { site: { $ne: 1 } } } }, "/target/labels/site  must be a text, got an object"],
    [{ type: "cancel_run", target: "all", args: {} }, "/args/run  is missing; say which run"],
    [{ type: "ping", target: "all", expires_at: "soon" }, "/expires_at  must be a date"],
    [{ type: "ping", target: "all", expires_at: 7 }, "/expires_at  must be a date"],
    [{ type: "ping", target: "all", junk: "x".repeat(300_000) }, "  the command has 300"],
  ])("row 37: %j is rejected with the reason", async (document, reason) => {
    expect(errorsOf(await read(document))).toEqual([expect.stringContaining(reason)]);
  });

  test("row 37: of 16 MB is rejected with the reason", async () => {
    const parsed = await read({ type: "ping", target: "all", junk: new Binary(Buffer.alloc(16 * 1024 * 1024 - 200)) });
    expect(errorsOf(parsed)).toEqual([expect.stringMatching(/^ {2}the command has 16\d{6} bytes; at most 262144/)]);
  });

  test("row 37: an ObjectId in the place of a job's id is read as its text", async () => {
    const job = new ObjectId();
    expect(await read({ type: "run_job", target: "leader", args: { job } })).toMatchObject({
      ok: true,
      value: { action: { type: "run_job", job: job.toHexString() } },
    });
  });

  test.each([new Date(0), new Date("2100-01-01"), "yesterday", 7, null, Number.NaN, { $gt: 1 }, new MaxKey()])(
    "row 39: created_at %s is nothing that anybody looks at",
    async (created_at) => {
      expect(await read({ type: "ping", target: "all", created_at })).toMatchObject({ ok: true, warnings: [] });
    },
  );
});

describe("a command in a fleet", () => {
  let world: World;
  let a: Machine;
  let b: Machine;

  beforeEach(async () => {
    world = createWorld();
    const [first, second] = await world.startFleet("a", "b");
    if (first === undefined || second === undefined) throw new Error("unreachable: two machines were started");
    [a, b] = [first, second];
    world.putJob("good");
    await world.pass(2_000);
  });

  const answers = (command: string) =>
    ["a", "b", "leader"].flatMap((key) => {
      const ack = world.ackOf(command, key);
      return ack === undefined ? [] : [`${key} ${ack.status}`];
    });

  test("row 37: that nobody can follow is answered as rejected, once, and the log says why", async () => {
    const wrong: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      type: { type: "pong", target: "all" },
      target: { type: "ping", target: { $ne: 1 } },
      nobody: { type: "ping", target: "nowhere" },
      nothing: {},
    };
    for (const [id, fields] of Object.entries(wrong)) world.putCommand(id, fields);
    world.putCommand("right", { type: "ping", target: "all" });
    await world.passTo("10:02:30");
    for (const id of Object.keys(wrong)) {
      expect(answers(id)).toEqual([]);
      const verdict = world.ackOf(id, "seen");
      expect(verdict?.status).toBe("rejected");
      const warnings = world.log.filter((it) => it.level === "warn" && it.facts["command"] === id);
      expect(warnings.map((it) => it.facts["reason"])).toEqual([verdict?.result]);
      expect(verdict?.result).not.toBe("");
    }
    expect(world.ackOf("nobody", "seen")?.result).toBe('no machine has the id or hostname "nowhere"');
    expect(answers("right")).toEqual(["a ok", "b ok"]);
    expect(world.storyOf("good")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("row 38: among 2,000 others is dealt with in its turn, in pages, and each is answered", async () => {
    let largestPage = 0;
    world.acting = async (_life, operation, act) => {
      const answer = await act();
      if (operation === "commands.readUnknown") largestPage = Math.max(largestPage, (answer as unknown[]).length);
      return answer;
    };
    for (let at = 0; at < 2_000; at += 1) world.putCommand(`flood-${at}`, { type: "ping", target: "a" });
    world.putCommand("last", { type: "ping", target: "b" });
    await world.passTo("10:02:30");
    expect(answers("last")).toEqual(["b ok"]);
    for (let at = 0; at < 2_000; at += 1) expect(answers(`flood-${at}`)).toEqual(["a ok"]);
    expect(largestPage).toBeLessThanOrEqual(250);
    expect(world.storyOf("good")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test.each([
    ["ping", {}, 24 * HOUR_MS],
    ["reload_jobs", {}, 24 * HOUR_MS],
    ["run_job", { args: { job: "good" } }, HOUR_MS / 6],
    ["backfill", { args: { job: "good", times: [new Date("2026-03-02T10:01Z")] } }, HOUR_MS / 6],
    ["stop", {}, HOUR_MS / 6],
  ])(
    "row 40: %s without expires_at holds from its first sight by the server's clock for its time and no longer",
    async (type, fields, holdMs) => {
      b.crash();
      world.putCommand("kept", { type, target: "b", ...fields });
      await world.pass(holdMs - 60_000);
      b.start();
      await world.pass(10_000);
      expect(answers("kept")).toEqual(["b ok"]);
    },
    60_000,
  );

  test.each([
    ["ping", {}, 24 * HOUR_MS],
    ["run_job", { args: { job: "good" } }, HOUR_MS / 6],
    ["backfill", { args: { job: "good", times: [new Date("2026-03-02T10:01Z")] } }, HOUR_MS / 6],
    ["stop", {}, HOUR_MS / 6],
  ])(
    "row 40: %s without expires_at that is older is answered as expired and not done",
    async (type, fields, holdMs) => {
      b.crash();
      world.putCommand("kept", { type, target: "b", ...fields });
      await world.pass(holdMs + 60_000);
      b.start();
      await world.pass(10_000);
      expect(answers("kept")).toEqual(["b expired"]);
      expect(b.agent).toBe("running");
      expect(a.agent).toBe("running");
    },
    60_000,
  );
});
