import { Binary, type Db, type Document, Double, Long, ObjectId } from "mongodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { prepareDatabase } from "../../../src/adapters/mongo/preparation.ts";
import type { FleetStores } from "../../../src/ports/fleet-stores.ts";
import { StoreRefusedError } from "../../../src/model/errors.ts";
import { leaseTiming } from "../../../src/model/member.ts";
import { DAY_MS } from "../../../src/model/time.ts";
import type { MachineReport } from "../../../src/ports/machine-store.ts";
import { parseJob } from "../../../src/schema/job.ts";
import { at, holdOf, jobId, machine, MINUTE, missed, run, serial, step } from "../../conformance/samples.ts";
import { type LooseDocument, mongoStores, openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";

const A_JOB = { name: "j", hour: 1, minute: 2, method: "GET", url: "https://example.org/" };

describe("what stands in the database", () => {
  let opened: TestDatabase;
  let db: Db;
  let stores: FleetStores;

  beforeAll(async () => {
    opened = await openTestDatabase();
    db = opened.client.db(opened.database.dbName);
    await prepareDatabase(opened.database.work);
    stores = mongoStores(opened.database);
  });
  afterAll(() => opened.dispose());

  const find = (collection: string, id: unknown): Promise<Document | null> =>
    db.collection(collection).findOne({ _id: id } as Document);

  test("of members by agents of a former version reads as members without labels that do not drain", async () => {
    const lease = {
      session: "s-old",
      token: 3,
      heartbeat: 7,
      machine_id: "m-old",
      place: "p",
      lease_until: new Date(),
    };
    await db.collection("serials").insertOne({ _id: 900, ...lease } as Document);
    const bare = { serial: 900, session: "s-old", machineId: "m-old", hostname: "", labels: {}, isDraining: false };
    expect(await stores.serials.readSerial(serial(900))).toMatchObject(bare);
    const members = [{ serial: 900, session: "s-old", machine_id: "m-old" }];
    await db.collection("fleet").insertOne({ _id: "view", term: 1, version: 4, members } as Document);
    expect((await stores.leaders.read()).view).toEqual({ version: 4, members: [bare] });
    await db.collection("serials").deleteOne({ _id: 900 } as Document);
    await db.collection("fleet").deleteOne({ _id: "view" } as Document);
  });

  test("of a machine that drains is left alone by its reports, which tell the agent of it", async () => {
    const report: MachineReport = {
      identity: machine("m-drain"),
      version: "1",
      tzdata: "t",
      labels: {},
      secretNames: [],
      session: null,
      serial: null,
      state: "standby",
      clockOffsetMs: null,
      running: 0,
      memoryBytes: 1,
    };
    expect((await stores.machines.report(report)).isDraining).toBe(false);
    await db.collection("machines").updateOne({ _id: "m-drain" } as Document, { $set: { draining: true } });
    expect((await stores.machines.report(report)).isDraining).toBe(true);
    expect((await stores.machines.readAll()).find((it) => it.machineId === "m-drain")?.isDraining).toBe(true);
  });

  test("of a run are the documented fields, with how late it began and when it may go", async () => {
    const waiting = run("late", { status: "waiting", startAt: undefined });
    await stores.claims.insert([waiting]);
    expect(await find("job_runs", "late")).not.toHaveProperty("expire_at");
    const hold = holdOf(waiting);
    await stores.runs.write([{ hold, change: { startAt: at(4_000), steps: [step(0)] }, keepMs: undefined }]);
    const end = { status: "error", reason: "status 500", endAt: at(9_000) } as const;
    const done = step(0, {
      status: "error",
      statusCode: 500,
      elapsedMs: 12,
      responseSample: "no",
      error: "status 500",
    });
    await stores.runs.write([{ hold: { ...hold, seq: 1 }, change: { steps: [done], end }, keepMs: 60_000 }]);
    expect(await find("job_runs", "late")).toEqual({
      _id: "late",
      job_id: "job-1",
      job_name: "refresh prices",
      trigger: "schedule",
      scheduled_for: new Date(MINUTE),
      local: "2027-01-15T17:00:00+09:00",
      hour: 17,
      minute: 0,
      scope: null,
      revision: "revision-1",
      status: "error",
      reason: "status 500",
      session: "session-1",
      token: 1,
      seq: 2,
      claimed_by: "machine-1",
      claimed_at: new Date(at(50)),
      executed_by_serial: 1,
      takeovers: 0,
      cancel_requested: false,
      start_at: new Date(at(4_000)),
      late_ms: 4_000,
      end_at: new Date(at(9_000)),
      expire_at: new Date(at(69_000)),
      steps: [
        {
          index: 0,
          name: "step 0",
          status: "error",
          attempts: 1,
          status_code: 500,
          elapsed_ms: 12,
          response_sample: "no",
          error: "status 500",
        },
      ],
    });
  });

  test("of a miss has its reason and goes later than it could be caught up", async () => {
    await stores.claims.insert([missed("m", { stretch: { last: at(60_000), count: 2 } })]);
    expect(await find("job_runs", "m")).toMatchObject({
      status: "missed",
      reason: "no agent was running",
      recorded_by: "machine-1",
      last: new Date(at(60_000)),
      count: 2,
      expire_at: new Date(at(60_000) + 30 * DAY_MS),
    });
  });

  test("of an end that its owner gave no time goes later than any occurrence could be caught up", async () => {
    const dead = run("dead");
    await stores.claims.insert([dead]);
    const end = { status: "interrupted", reason: "its machine is gone", endAt: at(1_000) } as const;
    await stores.runs.write([{ hold: holdOf(dead), change: { steps: [], end }, keepMs: undefined }]);
    const longestWindow = { ...A_JOB, catch_up_window_sec: 366 * 86_400 };
    expect(parseJob(longestWindow, jobId("j")).ok).toBe(true);
    expect(parseJob({ ...A_JOB, catch_up_window_sec: 366 * 86_400 + 1 }, jobId("j")).ok).toBe(false);
    expect(await find("job_runs", "dead")).toMatchObject({ expire_at: new Date(at(1_000) + 373 * DAY_MS) });
  });

  test("of a job's past counts failures in a row and each end once", async () => {
    const note = (id: string, status: "ok" | "error" | "cancelled", ms: number) =>
      stores.jobHealth.noteEnd({ jobId: jobId("$j"), run: run(id).id, status, endAt: at(ms) });
    await note("r1", "ok", 1);
    await note("r2", "error", 2);
    await note("r2", "error", 2);
    await note("r3", "cancelled", 3);
    await note("r4", "error", 4);
    expect(await find("job_state", "$j")).toMatchObject({
      failures_in_row: 2,
      last_success_at: new Date(at(1)),
      last_run: { id: "r4", status: "error", end_at: new Date(at(4)) },
    });
    await note("$r5", "ok", 5);
    expect(await find("job_state", "$j")).toMatchObject({ failures_in_row: 0, last_success_at: new Date(at(5)) });
  });

  test("of events is each event once, by the server's clock", async () => {
    stores.events.record({ type: "leader_changed", message: "$$NOW leads", facts: { serial: 1, "a.b": null } });
    await stores.events.flush();
    await stores.events.flush();
    const events = await db.collection("events").find().toArray();
    expect(events).toMatchObject([
      { type: "leader_changed", message: "$$NOW leads", facts: { serial: 1, "a.b": null } },
    ]);
    expect(events[0]?.["at"]).toBeInstanceOf(Date);
  });

  test("of the settings is what people write in the config", async () => {
    await stores.settings.readOrCreate({ zone: "Asia/Seoul", maxSerial: 7, lease: leaseTiming(3_000, 12_000, 3_000) });
    expect(await find("fleet", "settings")).toEqual({
      _id: "settings",
      format: 1,
      tz: "Asia/Seoul",
      max_serial: 7,
      lease: { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 },
    });
  });

  describe("of the settings, edited by hand to what no fleet can live with,", () => {
    const SETTINGS = { zone: "Asia/Seoul", maxSerial: 7, lease: leaseTiming(3_000, 12_000, 3_000) };
    afterEach(() => db.collection<LooseDocument>("fleet").deleteOne({ _id: "settings" }));

    test.each([
      [
        { "lease.ttl_sec": 3, "lease.guard_sec": 3 },
        "lease ttl_sec must be at least 3 · heartbeat_sec + guard_sec = 12",
      ],
      [{ "lease.ttl_sec": "long" }, "lease.ttl_sec must be a number"],
      [{ "lease.guard_sec": null }, "lease.guard_sec is missing"],
      [{ lease: [3, 12, 3] }, "lease must be an object, got a list"],
      [{ "lease.heartbeat_sec": NaN }, "lease.heartbeat_sec must be a number"],
      [{ tz: "Mars/Phobos" }, 'tz must be a time zone such as "Europe/Berlin", got "Mars/Phobos"'],
      [{ tz: null, max_serial: 2.5 }, "tz is missing; max_serial must be a whole number"],
      [{ max_serial: 1_000_000 }, "max_serial must be at most 10000"],
    ])("%j is refused with the field and the remedy", async ($set, words) => {
      await stores.settings.readOrCreate(SETTINGS);
      await db.collection<LooseDocument>("fleet").updateOne({ _id: "settings" }, { $set });
      for (const read of [() => stores.settings.read(), () => stores.settings.readOrCreate(SETTINGS)]) {
        const err: unknown = await read().catch((it: unknown) => it);
        expect(err).toBeInstanceOf(StoreRefusedError);
        expect(String(err)).toContain(words);
        expect(String(err)).toContain('the document "settings" of the collection "fleet"');
        expect(String(err)).toContain('mend it with db.fleet.updateOne({ _id: "settings" }');
      }
    });

    test("what is only unknown has no effect, and numbers may be of any type", async () => {
      await stores.settings.readOrCreate(SETTINGS);
      const $set = { note: "hands off", max_serial: Long.fromNumber(9), "lease.ttl_sec": new Double(13) };
      await db.collection<LooseDocument>("fleet").updateOne({ _id: "settings" }, { $set });
      const lease = leaseTiming(3_000, 13_000, 3_000);
      expect(await stores.settings.read()).toEqual({ ...SETTINGS, maxSerial: 9, lease });
    });
  });

  test("of answers begins to expire only when the command is gone", async () => {
    await db.collection<LooseDocument>("commands").insertOne({ _id: "c" });
    await stores.commands.see([{ command: "c", status: "seen", reason: undefined }]);
    await stores.commands.acknowledge([
      { command: "c", key: "machine-1", status: "ok", result: "", machineId: "machine-1" },
    ]);
    await stores.commands.removeSeenBefore(60_000);
    expect(await find("command_acks", "c:seen")).not.toHaveProperty("expire_at");
    expect(await stores.commands.removeSeenBefore(0)).toBe(1);
    const acks = await db.collection("command_acks").find({ command: "c" }).toArray();
    expect(acks.map((it) => it["expire_at"] > new Date(Date.now() + DAY_MS / 2))).toEqual([true, true]);
  });

  describe("of jobs", () => {
    const jobs = () => db.collection<LooseDocument>("jobs");
    const readOne = async (id: string) => (await stores.jobs.readAll()).find((it) => it.id === id);

    test("is named but not loaded when it is too large", async () => {
      await jobs().insertOne({ _id: "large", name: "large", text: "x".repeat(300_000) });
      const large = await readOne("large");
      expect(large?.parsed).toMatchObject({ ok: false, problems: [{ path: "", severity: "error" }] });
      expect(large?.parsed.ok === false && large.parsed.problems[0]?.message).toMatch(/at most 262144/);
      await jobs().deleteOne({ _id: "large" });
    });

    test("is told apart when an ObjectId and a text read the same", async () => {
      const id = new ObjectId();
      await jobs().insertMany([{ _id: id }, { _id: id.toHexString() }]);
      const read = await stores.jobs.readAll();
      expect(new Set(read.map((it) => it.id)).size).toBe(read.length);
      expect(read.filter((it) => !it.parsed.ok)).toHaveLength(1);
      await jobs().deleteMany({});
    });

    test("hides no other when the parser stumbles over it", async () => {
      const { createJobSource } = await import("../../../src/adapters/mongo/job-source.ts");
      await jobs().insertMany([{ _id: "bad" }, { _id: "good" }]);
      const source = createJobSource(opened.database.work, (_, id) => {
        if (id === "bad") throw new Error("stumbled");
        return { ok: true, value: {} as never, warnings: [] };
      });
      expect((await source.readAll()).map((it) => [it.id, it.parsed.ok])).toEqual([
        ["bad", false],
        ["good", true],
      ]);
      await jobs().deleteMany({});
    });

    test("lets other work go on while thousands of others are checked for the first time", async () => {
      const { createJobSource } = await import("../../../src/adapters/mongo/job-source.ts");
      await jobs().insertMany(Array.from({ length: 3_000 }, (_, index) => ({ _id: `many-${index}` })));
      let checked = 0;
      const source = createJobSource(opened.database.work, () => {
        checked++;
        return { ok: true, value: {} as never, warnings: [] };
      });
      const turns: number[] = [];
      let isOver = false;
      const other = (): void => {
        turns.push(checked);
        if (!isOver) setImmediate(other);
      };
      other();
      expect((await source.readAll()).length).toBe(3_000);
      isOver = true;
      const longest = Math.max(...turns.map((count, index) => count - (turns[index - 1] ?? 0)));
      expect(longest).toBeLessThanOrEqual(500);
      await jobs().deleteMany({});
    });

    test("is kept as a revision with the types that it had", async () => {
      await jobs().insertOne({
        _id: "typed",
        n: Long.fromNumber(5),
        bytes: new Binary(Buffer.from("x")),
        pattern: /a+/i,
      });
      const typed = await readOne("typed");
      if (typed === undefined) throw new Error("the job is there");
      await stores.revisions.keep([typed]);
      const types = { n: { $type: "$job.n" }, bytes: { $type: "$job.bytes" }, pattern: { $type: "$job.pattern" } };
      const [kept] = await db
        .collection("job_revisions")
        .aggregate([{ $project: types }])
        .toArray();
      expect(kept).toMatchObject({ n: "long", bytes: "binData", pattern: "regex" });
    });
  });
});
