import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MachineId } from "../../src/model/machine.ts";
import type { JobPause } from "../../src/model/pause.ts";
import type { RunId } from "../../src/model/run.ts";
import type { Cursor, ScheduleHash } from "../../src/ports/cursor-store.ts";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import { at, jobId, machine, MINUTE, missed, run, session, TRAITS } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

const JOB = jobId("job-1");
const FOR_GOOD = { until: undefined };

describe.each(WORLDS)("steering in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  describe("a pause", () => {
    const pauses = async () => [...(await stores.pauses.read())];

    test("stands until it is taken away, with its end or without", async () => {
      expect(await pauses()).toEqual([]);
      await stores.pauses.set(JOB, FOR_GOOD, "c1");
      await stores.pauses.set(jobId("$other"), { until: MINUTE }, "c1");
      expect(await stores.pauses.read()).toEqual(
        new Map<string, JobPause>([
          ["$other", { until: MINUTE }],
          ["job-1", FOR_GOOD],
        ]),
      );
      await stores.pauses.set(JOB, { until: at(60_000) }, "c2");
      expect((await stores.pauses.read()).get(JOB)).toEqual({ until: at(60_000) });
      await stores.pauses.set(JOB, undefined, "c3");
      expect(await pauses()).toEqual([["$other", { until: MINUTE }]]);
      await stores.pauses.set(jobId("never-paused"), undefined, "c4");
      expect(await pauses()).toHaveLength(1);
    });

    test("is set by a command once, however late that one comes again", async () => {
      await stores.pauses.set(JOB, FOR_GOOD, "$pause");
      await stores.pauses.set(JOB, undefined, "resume");
      await world.agent().pauses.set(JOB, FOR_GOOD, "$pause");
      expect(await pauses()).toEqual([]);
      await Promise.all([1, 2, 3].map(() => stores.pauses.set(JOB, { until: MINUTE }, "again")));
      expect(await pauses()).toEqual([[JOB, { until: MINUTE }]]);
    });

    test("stands beside what else is known of the job, and in nobody's way", async () => {
      await stores.pauses.set(JOB, FOR_GOOD, "c1");
      const health = { jobId: JOB, name: "j", revision: run("r").revision, valid: true, problems: [] };
      await stores.jobHealth.publish([health]);
      await stores.jobHealth.noteEnd({ jobId: JOB, run: "r" as RunId, status: "ok", endAt: at(1) });
      const to: Cursor = {
        jobId: JOB,
        schedule: "hash" as ScheduleHash,
        plannedTo: MINUTE,
        revision: null,
        fleetZone: "UTC",
        notBefore: at(60_000),
      };
      expect(await stores.fleetCursors.move([{ jobId: JOB, from: undefined, to, next: undefined }])).toEqual([true]);
      expect((await stores.fleetCursors.read([JOB])).cursors.get(JOB)).toEqual(to);
      const { notBefore: _, ...later } = { ...to, plannedTo: at(120_000) };
      expect(await stores.fleetCursors.move([{ jobId: JOB, from: to, to: later, next: undefined }])).toEqual([true]);
      expect((await stores.fleetCursors.read([JOB])).cursors.get(JOB)).toEqual(later);
      expect(await pauses()).toEqual([[JOB, FOR_GOOD]]);
    });
  });

  describe("a machine", () => {
    const ID = "a" as MachineId;
    const report = () =>
      stores.machines.report({
        identity: machine("a"),
        version: "1",
        tzdata: "2026b",
        labels: {},
        secretNames: ["KEY"],
        session: null,
        serial: null,
        state: "active",
        clockOffsetMs: 0,
        running: 0,
        memoryBytes: 1,
      });
    const drains = async () => (await stores.machines.readAll()).map((it) => it.isDraining);

    test("drains from a command on, whatever it reports, until another says otherwise", async () => {
      expect((await report()).isDraining).toBe(false);
      expect(await stores.machines.setDraining(ID, true, "c1")).toBe(true);
      expect((await report()).isDraining).toBe(true);
      expect(await drains()).toEqual([true]);
      expect(await stores.machines.setDraining(ID, false, "c2")).toBe(true);
      expect(await stores.machines.setDraining(ID, true, "c1")).toBe(true);
      expect(await drains()).toEqual([false]);
      expect(await stores.machines.setDraining("nobody" as MachineId, true, "c3")).toBe(false);
      expect(await drains()).toEqual([false]);
    });

    test("tells the names of its secrets", async () => {
      await report();
      expect((await stores.machines.readAll())[0]?.secretNames).toEqual(["KEY"]);
    });

    test("is forgotten with its cursors, but not while it holds a serial", async () => {
      await report();
      await stores.serials.prepare(2);
      const taken = await stores.serials.take(session("s"), machine("a"), 2, 60_000);
      if (taken.outcome !== "taken") throw new Error("unreachable: both serials are free");
      const to = { jobId: JOB, schedule: null, plannedTo: MINUTE, revision: null, fleetZone: null };
      for (const name of ["a", "b"]) {
        const move = { jobId: JOB, from: undefined, to, next: undefined };
        await stores.cursorsOf(name as MachineId).move([move]);
      }
      const cursors = async (name: string) => (await stores.cursorsOf(name as MachineId).read(undefined)).cursors.size;
      expect(await stores.machines.forget(ID)).toBe(false);
      expect(await cursors("a")).toBe(1);
      expect(await stores.serials.renew(taken.lease, TRAITS, 60_000)).toMatchObject({ outcome: "renewed" });
      await stores.serials.release(taken.lease);
      expect(await stores.machines.forget(ID)).toBe(true);
      expect([await cursors("a"), await cursors("b")]).toEqual([0, 1]);
      expect(await stores.machines.readAll()).toEqual([]);
      expect(await stores.machines.forget(ID)).toBe(false);
    });
  });

  describe("runs of a backfill", () => {
    test("are told from occurrences without a run", async () => {
      await stores.claims.insert([run("ran"), missed("missed"), run("made-up", { trigger: "backfill" })]);
      const ids = ["ran", "missed", "made-up", "nothing"] as RunId[];
      expect(await stores.claims.runsAmong(ids)).toEqual(new Set(["ran", "made-up"]));
      expect(await stores.claims.runsAmong([])).toEqual(new Set());
    });

    test("are among the live runs, which says what made them", async () => {
      await stores.claims.insert([
        run("late", { trigger: "backfill", scheduledFor: at(60_000), status: "waiting" }),
        run("early", { trigger: "backfill" }),
        run("by-hand", { trigger: "manual" }),
      ]);
      const live = await stores.claims.liveRuns([JOB], undefined);
      expect(live.map((it) => [it.id, it.trigger, it.status])).toEqual([
        ["early", "backfill", "running"],
        ["late", "backfill", "waiting"],
      ]);
    });

    test("are read by their ids, in the order asked", async () => {
      await stores.claims.insert([run("one"), run("two", { trigger: "backfill" })]);
      const ids = ["two", "nothing", "one"] as RunId[];
      const found = await world.readers().runs.withIds(ids);
      expect(found.map((it) => [it.id, it.trigger])).toEqual([
        ["two", "backfill"],
        ["one", "schedule"],
      ]);
    });
  });
});
