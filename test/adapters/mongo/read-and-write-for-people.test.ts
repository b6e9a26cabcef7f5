import { BSON, Decimal128, Long, MongoClient, ObjectId } from "mongodb";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { exactJson } from "../../../src/cli/print/exact-json.ts";
import { createCommandSender } from "../../../src/adapters/mongo/write-commands.ts";
import { createCommandStore } from "../../../src/adapters/mongo/command-store.ts";
import { type FleetDatabase, openDatabase } from "../../../src/adapters/mongo/database.ts";
import { createClaimStore } from "../../../src/adapters/mongo/claim-store.ts";
import { createJobHealthStore } from "../../../src/adapters/mongo/job-health-store.ts";
import { createJobEditor } from "../../../src/adapters/mongo/write-jobs.ts";
import { createJobStateReader } from "../../../src/adapters/mongo/read-job-states.ts";
import { createRunHistory } from "../../../src/adapters/mongo/read-run-history.ts";
import { createRunStore } from "../../../src/adapters/mongo/run-store.ts";
import type { JobId, RevisionId } from "../../../src/model/job.ts";
import { ExactDecimal } from "../../../src/model/json.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { Serial, SessionId } from "../../../src/model/member.ts";
import type { NoRun, Run, RunId } from "../../../src/model/run.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import { parseCommand } from "../../../src/schema/command.ts";
import { parseJsonc } from "../../../src/schema/jsonc.ts";
import { freshDatabase } from "../../support/mongo.ts";

const at = (minute: number) => Date.UTC(2026, 10, 21, 5, minute) as EpochMs;
const opened: { database: FleetDatabase; client: MongoClient }[] = [];
let database: FleetDatabase;
let raw: ReturnType<MongoClient["db"]>;

beforeEach(() => {
  const { uri, dbName } = freshDatabase("for-people");
  database = openDatabase({ uri, dbName, appName: "test" });
  const client = new MongoClient(uri, { promoteValues: false });
  raw = client.db(dbName);
  opened.push({ database, client });
});

afterAll(async () => {
  for (const it of opened) await Promise.all([it.database.close(), it.client.close()]);
});

function aRun(minute: number, facts: Partial<Run> = {}): Run {
  return {
    id: `prices|${minute}|fleet` as RunId,
    jobId: "prices" as JobId,
    jobName: "$prices",
    trigger: "schedule",
    scheduledFor: at(minute),
    local: "2026-11-21T14:00:00+09:00",
    hour: 14,
    minute,
    scope: undefined,
    revision: "r1" as RevisionId,
    session: "s1" as SessionId,
    serial: 3 as Serial,
    claimedBy: "m1" as MachineId,
    claimedAt: at(minute),
    dueAt: at(minute),
    token: 1,
    seq: 0,
    status: "running",
    startAt: at(minute),
    steps: [],
    takeovers: 0,
    cancelRequested: false,
    handedBack: false,
    ...facts,
  };
}

describe("the history of runs", () => {
  test("gives what agents stored: live, ended and missed, latest first, narrowed as asked", async () => {
    const claims = createClaimStore(database.work);
    const runs = createRunStore(database.work);
    const history = createRunHistory(database.work);
    const missed: NoRun = {
      ...aRun(3),
      id: "prices|3|fleet" as RunId,
      status: "missed",
      reason: "no agent was there",
      recordedBy: "m2" as MachineId,
      recordedAt: at(9),
      stretch: { last: at(8), count: 6 },
      keepMs: 86_400_000,
    };
    const { session: _session, ...noRun } = missed as NoRun & { session: unknown };
    await claims.insert([aRun(1), aRun(2, { jobId: "other" as JobId }), noRun]);
    const step = {
      index: 0,
      name: "get",
      status: "ok",
      attempts: 2,
      statusCode: 200,
      elapsedMs: 5,
      responseSample: "fine",
      error: undefined,
      nextAttemptAt: undefined,
    } as const;
    const end = { status: "ok", reason: undefined, endAt: at(2) } as const;
    await runs.write([{ hold: aRun(1), change: { steps: [step], end }, keepMs: 1_000 }]);

    const anything = { jobId: undefined, statuses: [], since: undefined, limit: 10 };
    const ids = async (query: Partial<Parameters<typeof history.list>[0]>) =>
      (await history.list({ ...anything, ...query })).map((it) => it.id);
    expect(await ids({})).toEqual(["prices|3|fleet", "prices|2|fleet", "prices|1|fleet"]);
    expect(await ids({ limit: 1 })).toEqual(["prices|3|fleet"]);
    expect(await ids({ jobId: "other" as JobId })).toEqual(["prices|2|fleet"]);
    expect(await ids({ statuses: ["missed", "ok"] })).toEqual(["prices|3|fleet", "prices|1|fleet"]);
    expect(await ids({ since: at(2) })).toEqual(["prices|3|fleet", "prices|2|fleet"]);

    expect(await history.find("prices|1|fleet" as RunId)).toMatchObject({
      jobName: "$prices",
      status: "ok",
      machineId: "m1",
      serial: 3,
      startAt: at(1),
      endAt: at(2),
      steps: [step],
      stretch: undefined,
    });
    expect(await history.find("prices|3|fleet" as RunId)).toMatchObject({
      status: "missed",
      reason: "no agent was there",
      machineId: "m2",
      startAt: undefined,
      stretch: { last: at(8), count: 6 },
    });
    expect(await history.find("nope" as RunId)).toBeUndefined();
  });
});

describe("the states of jobs", () => {
  test("tell the last run, the last success and the failures since", async () => {
    const health = createJobHealthStore(database.work);
    const states = createJobStateReader(database.work);
    const noteEnd = (minute: number, status: "ok" | "error") =>
      health.noteEnd({ jobId: "prices" as JobId, run: `run ${minute}` as RunId, status, endAt: at(minute) });
    await noteEnd(1, "ok");
    await noteEnd(2, "error");
    await noteEnd(3, "error");
    const state = { lastRun: { id: "run 3", status: "error", endAt: at(3) }, lastSuccessAt: at(1), failuresInRow: 2 };
    expect(await states.readStates(undefined)).toEqual(new Map([["prices", state]]));
    expect(await states.readStates(["other" as JobId])).toEqual(new Map());
  });
});

describe("job documents", () => {
  const EXACT = `{ "_id": { "$oid": "65f0c0ffee65f0c0ffee65f0" }, "name": "prices", "not_before": { "$date": "2026-01-01T00:00:00Z" },
    "minute": 5, "body": { "id": 9007199254740993, "price": { "$numberDecimal": "0.10" }, "ref": { "$oid": "75f0c0ffee65f0c0ffee65f0" }, "list": [1, 2.5, null, "$x"] } }`;

  function fieldsOf(text: string): Readonly<Record<string, unknown>> {
    const parsed = parseJsonc(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.value as Readonly<Record<string, unknown>>;
  }

  test("are stored in the types that keep every digit, and come back so", async () => {
    const editor = createJobEditor(database.work);
    const id = "65f0c0ffee65f0c0ffee65f0" as JobId;
    expect(await editor.create(fieldsOf(EXACT))).toEqual({ outcome: "created", id });
    const stored = await raw.collection("jobs").findOne({});
    expect(stored?._id).toEqual(new ObjectId(id));
    expect(stored?.["body"].id).toEqual(Long.fromString("9007199254740993"));
    expect(stored?.["body"].price).toEqual(Decimal128.fromString("0.10"));
    expect(stored?.["body"].ref).toEqual(new ObjectId("75f0c0ffee65f0c0ffee65f0"));
    expect(await editor.read(id)).toEqual({
      _id: { $oid: id },
      name: "prices",
      not_before: { $date: "2026-01-01T00:00:00.000Z" },
      minute: 5,
      body: {
        id: 9007199254740993n,
        price: { $numberDecimal: "0.10" },
        ref: { $oid: "75f0c0ffee65f0c0ffee65f0" },
        list: [1, 2.5, null, "$x"],
      },
    });
  });

  test("that are printed and applied again are the same bytes, whatever types are in them", async () => {
    const editor = createJobEditor(database.work);
    const document = {
      _id: new ObjectId(),
      name: "prices",
      before_1970: new Date(-1),
      at: new Date("2026-01-01T00:00:00.250Z"),
      price: Decimal128.fromString("0.10"),
      none: Decimal128.fromString("NaN"),
      odd: [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 0.1, 5e-324],
      long: Long.fromString("-9223372036854775808"),
      ref: { $id: new ObjectId(), "a.b": null, text: "65f0c0ffee65f0c0ffee65f0" },
    };
    await raw.collection("jobs").insertOne(document);
    const id = String(document._id) as JobId;
    const printed = exactJson(await editor.read(id), "");
    expect(await editor.replace(id, fieldsOf(printed))).toBe("unchanged");
    await raw.collection("jobs").deleteOne({ _id: document._id });
    expect(await editor.create(fieldsOf(printed))).toMatchObject({ outcome: "created", id });
    const stored = await raw.collection("jobs").findOne({ _id: document._id });
    expect(BSON.EJSON.stringify(stored)).toBe(BSON.EJSON.stringify(document));
  });

  test("that say a text instead of an ObjectId or a date are replaced", async () => {
    const editor = createJobEditor(database.work);
    const [ref, at] = [new ObjectId(), new Date()];
    const _id = new ObjectId();
    await raw.collection("jobs").insertOne({ _id, name: "prices", ref, at });
    const id = String(_id) as JobId;
    const text = { name: "prices", ref: ref.toHexString(), at: at.toISOString() };
    expect(await editor.replace(id, text)).toBe("replaced");
    expect(await editor.replace(id, text)).toBe("unchanged");
  });

  test("are replaced only when they say another thing; the type of a number is none", async () => {
    const editor = createJobEditor(database.work);
    const _id = new ObjectId();
    await raw
      .collection("jobs")
      .insertOne({ _id, name: "prices", minute: Long.fromNumber(5), owner: "sales", extra: 1 });
    const id = String(_id) as JobId;
    expect(await editor.replace(id, { name: "prices", minute: 5, owner: "sales", extra: 1 })).toBe("unchanged");
    expect((await raw.collection("jobs").findOne({}))?.["minute"]).toEqual(Long.fromNumber(5));
    expect(await editor.replace(id, { _id: "ignored", name: "prices", minute: 6 })).toBe("replaced");
    expect(await editor.read(id)).toEqual({ _id: { $oid: id }, name: "prices", minute: 6 });
    expect(await editor.replace(String(new ObjectId()) as JobId, { name: "x" })).toBe("gone");
  });

  test("are found by an _id of any type", async () => {
    const editor = createJobEditor(database.work);
    for (const _id of [
      "text",
      7,
      Long.fromString("9007199254740993"),
      new Date(0),
      { a: 1 },
      "65f0c0ffee65f0c0ffee65f0",
    ]) {
      await raw.collection<{ _id: unknown }>("jobs").insertOne({ _id });
    }
    for (const id of [
      "text",
      '{"$numberInt":"7"}',
      '{"$numberLong":"9007199254740993"}',
      '{"$date":{"$numberLong":"0"}}',
      '{"a":{"$numberInt":"1"}}',
      "65f0c0ffee65f0c0ffee65f0",
    ]) {
      expect({ id, isThere: (await editor.read(id as JobId)) !== undefined }).toEqual({ id, isThere: true });
    }
    expect(await editor.read("{broken" as JobId)).toBeUndefined();
    expect(editor.idText(7)).toBe('{"$numberInt":"7"}');
  });

  test("with an _id that is taken are told so, and numbers that no type holds are refused in words", async () => {
    const editor = createJobEditor(database.work);
    expect(await editor.create({ _id: "a", name: "a" })).toEqual({ outcome: "created", id: "a" });
    expect(await editor.create({ _id: "a", name: "b" })).toEqual({ outcome: "exists" });
    const unnamed = await editor.create({ name: "c" });
    expect(unnamed).toMatchObject({ outcome: "created", id: expect.stringMatching(/^[0-9a-f]{24}$/) });
    await expect(editor.create({ name: "d", body: { n: 2n ** 63n } })).rejects.toThrow("is beyond 64 bits");
  });
});

describe("commands", () => {
  test("are read by agents as they were meant, and their answers come back", async () => {
    const sender = createCommandSender(database.work);
    const store = createCommandStore(database.work, parseCommand);
    const vars = { big: 9_007_199_254_740_993n, price: new ExactDecimal("0.10"), deep: { "a.b": [null, "$x"] } };
    const drafts = [
      { type: "ping", target: { kind: "all" }, args: {} },
      { type: "reload_jobs", target: { kind: "serial", serial: 3 as Serial }, args: {} },
      { type: "run_job", target: { kind: "machine", name: "web-1" }, args: { job: "$prices", vars } },
      { type: "cancel_run", target: { kind: "leader" }, args: { run: "a|b" } },
    ] as const;
    const ids: string[] = [];
    for (const draft of drafts) ids.push(await sender.send({ ...draft, createdAt: at(0), expiresAt: at(30) }));
    const read = await store.readUnknown(new Set(), 10);
    expect(read.map((it) => (it.parsed.ok ? it.parsed.value : it.parsed.problems))).toEqual([
      { id: ids[0], action: { type: "ping" }, target: { kind: "all" }, expiresAt: at(30) },
      { id: ids[1], action: { type: "reload_jobs" }, target: { kind: "serial", serial: 3 }, expiresAt: at(30) },
      {
        id: ids[2],
        action: { type: "run_job", job: "$prices", vars },
        target: { kind: "machine", name: "web-1" },
        expiresAt: at(30),
      },
      { id: ids[3], action: { type: "cancel_run", run: "a|b" }, target: { kind: "leader" }, expiresAt: at(30) },
    ]);
    const [ping = "", reload = ""] = ids;
    await store.see([{ command: ping, status: "seen", reason: undefined }]);
    expect(await sender.answers(ping)).toEqual([]);
    await store.acknowledge([{ command: ping, key: "m1", status: "ok", result: "pong", machineId: "m1" }]);
    expect(await sender.answers(ping)).toMatchObject([{ key: "m1", machineId: "m1", status: "ok", result: "pong" }]);
    await store.see([{ command: reload, status: "rejected", reason: "no" }]);
    expect(await sender.answers(reload)).toMatchObject([
      { key: "fleet", machineId: undefined, status: "rejected", result: "no" },
    ]);
  });
});
