import { Decimal128, Double, Int32, Long, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { RevisionId } from "../../src/model/job.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import type { Cursor, ScheduleHash } from "../../src/ports/cursor-store.ts";
import { at, jobId, machine, run } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

describe.each(WORLDS)("in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  const valueOf = (document: { readonly parsed: unknown } = { parsed: undefined }) =>
    (document.parsed as { readonly value: Readonly<Record<string, unknown>> }).value;

  describe("job documents", () => {
    test("carry every number exactly, dates, and keys of any form", async () => {
      const id = new ObjectId();
      await world.putJob({
        _id: id,
        name: "numbers",
        int: new Int32(5),
        double: new Double(5),
        long: Long.fromString("5"),
        beyond: Long.fromString("9007199254740993"),
        decimal: Decimal128.fromString("0.10"),
        on: new Date(0),
        ref: id,
        nested: [{ "a.b": 1, $x: { $y: [Long.fromString("-9007199254740993")] } }],
        ["__proto__"]: { polluted: true },
      });
      const [document] = await stores.jobs.readAll();
      expect(document).toMatchObject({ id: id.toHexString(), name: "numbers" });
      const value = valueOf(document);
      expect(value).toMatchObject({ int: 5, double: 5, long: 5, beyond: 9007199254740993n, on: new Date(0) });
      expect(value["decimal"]).toEqual(new ExactDecimal("0.10"));
      expect(value["ref"]).toBe(id.toHexString());
      expect(JSON.stringify(value["nested"], (_, it) => (typeof it === "bigint" ? `${it}n` : it))).toBe(
        '[{"a.b":1,"$x":{"$y":["-9007199254740993n"]}}]',
      );
      expect("polluted" in {}).toBe(false);
    });

    test("are named by their id: ObjectId hex, text as it is, all else as Extended JSON", async () => {
      const objectId = new ObjectId();
      await world.putJob({ _id: objectId, name: 7 });
      await world.putJob({ _id: "plain $text" });
      await world.putJob({ _id: new Int32(12) });
      await world.putJob({ _id: { a: new Int32(1) }, name: "composed" });
      const names = new Map((await stores.jobs.readAll()).map((it) => [it.id as string, it.name]));
      expect(names).toEqual(
        new Map([
          [objectId.toHexString(), objectId.toHexString()],
          ["plain $text", "plain $text"],
          ['{"$numberInt":"12"}', '{"$numberInt":"12"}'],
          ['{"a":{"$numberInt":"1"}}', "composed"],
        ]),
      );
    });

    test("that did not change are the same objects again; a changed one has another revision", async () => {
      await world.putJob({ _id: "a", minute: new Int32(1) });
      await world.putJob({ _id: "b", minute: new Int32(1) });
      const first = new Map((await stores.jobs.readAll()).map((it) => [it.id as string, it]));
      await world.putJob({ _id: "b", minute: new Int32(2) });
      const second = new Map((await stores.jobs.readAll()).map((it) => [it.id as string, it]));
      expect(second.get("a")).toBe(first.get("a"));
      expect(second.get("b")?.revision).not.toBe(first.get("b")?.revision);
      await world.removeJob("a");
      expect((await stores.jobs.readAll()).map((it) => it.id)).toEqual(["b"]);
    });

    test("have the same revision for every agent that reads them", async () => {
      await world.putJob({ _id: "a", list: [1, { x: "y" }] });
      const [mine] = await stores.jobs.readAll();
      const [others] = await world.agent().jobs.readAll();
      expect(others?.revision).toBe(mine?.revision);
    });
  });

  describe("revisions", () => {
    test("give back the job as it was, exactly", async () => {
      await world.putJob({
        _id: new Int32(3),
        name: "exact",
        body: {
          beyond: Long.fromString("9007199254740993"),
          price: Decimal128.fromString("1.50"),
          "a.b": { $x: "$$NOW" },
        },
      });
      const [document] = await stores.jobs.readAll();
      if (document === undefined) throw new Error("the job is there");
      await stores.revisions.keep([document]);
      await stores.revisions.keep([document]);
      await world.putJob({ _id: new Int32(3), name: "edited" });
      const reader = world.agent();
      const kept = await reader.revisions.read(document.revision);
      expect(kept).toMatchObject({ id: document.id, name: "exact", revision: document.revision });
      expect(valueOf(kept)).toEqual(valueOf(document));
    });

    test("that nobody kept are not there", async () => {
      expect(await stores.revisions.read("nothing" as RevisionId)).toBeUndefined();
    });
  });

  describe("cursors", () => {
    const cursor = (job: string, plannedTo: number, schedule: string | null = "hash-1"): Cursor => ({
      jobId: jobId(job),
      schedule: schedule as ScheduleHash | null,
      plannedTo: at(plannedTo),
      revision: "revision-1" as RevisionId,
      fleetZone: "Asia/Seoul",
    });
    const move = (from: Cursor | undefined, to: Cursor) => ({ jobId: to.jobId, from, to, next: undefined });

    test("begin once and move only from what was read", async () => {
      const begun = cursor("j", 0);
      expect(await stores.fleetCursors.move([move(undefined, begun)])).toEqual([true]);
      expect(await stores.fleetCursors.move([move(undefined, cursor("j", 5))])).toEqual([false]);
      const moved = cursor("j", 60_000, "hash-2");
      expect(await stores.fleetCursors.move([move(begun, moved)])).toEqual([true]);
      expect(await stores.fleetCursors.move([move(begun, cursor("j", 30_000))])).toEqual([false]);
      expect(
        await stores.fleetCursors.move([move({ ...moved, schedule: begun.schedule }, cursor("j", 90_000))]),
      ).toEqual([false]);
      expect((await stores.fleetCursors.read(undefined)).cursors).toEqual(new Map([["j", moved]]));
    });

    test("answer yes to a move that is repeated", async () => {
      const begun = cursor("j", 0);
      await stores.fleetCursors.move([move(undefined, begun)]);
      expect(await stores.fleetCursors.move([move(undefined, begun)])).toEqual([true]);
      const off = cursor("j", 60_000, null);
      expect(await stores.fleetCursors.move([move(begun, off)])).toEqual([true]);
      expect(await stores.fleetCursors.move([move(begun, off)])).toEqual([true]);
      expect(await stores.fleetCursors.move([move(off, cursor("j", 90_000))])).toEqual([true]);
    });

    test("move together, each with its own outcome", async () => {
      await stores.fleetCursors.move([move(undefined, cursor("a", 0)), move(undefined, cursor("b", 0))]);
      const outcomes = await stores.fleetCursors.move([
        move(cursor("a", 0), cursor("a", 9)),
        move(cursor("b", 7), cursor("b", 9)),
        move(undefined, cursor("c", 9)),
        move(undefined, cursor("b", 8)),
      ]);
      expect(outcomes).toEqual([true, false, true, false]);
    });

    test("are read with the server's time, those asked for alone", async () => {
      await stores.fleetCursors.move([move(undefined, cursor("a", 0)), move(undefined, cursor("b", 0))]);
      const { now, cursors } = await stores.fleetCursors.read([jobId("b"), jobId("nothing")]);
      expect([...cursors.keys()]).toEqual(["b"]);
      expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
    });

    test("of a machine are its own", async () => {
      const own = stores.cursorsOf(machine("machine-1").machineId);
      const others = stores.cursorsOf(machine("machine-2").machineId);
      await own.move([move(undefined, cursor("j|1", 0))]);
      await stores.fleetCursors.move([move(undefined, cursor("j|1", 5))]);
      expect((await others.read(undefined)).cursors).toEqual(new Map());
      expect((await own.read(undefined)).cursors).toEqual(new Map([["j|1", cursor("j|1", 0)]]));
      expect(
        (
          await world
            .agent()
            .cursorsOf(machine("machine-1").machineId)
            .read([jobId("j|1")])
        ).cursors.size,
      ).toBe(1);
    });

    test("are not begun by what is noted about the job", async () => {
      await stores.jobHealth.publish([
        {
          jobId: jobId("j"),
          name: "j",
          revision: "r" as RevisionId,
          valid: false,
          problems: [{ path: "/hour", message: "must be at most 23", severity: "error" }],
        },
      ]);
      await stores.jobHealth.noteEnd({ jobId: jobId("j"), run: run("r").id, status: "ok", endAt: at(0) });
      expect((await stores.fleetCursors.read(undefined)).cursors).toEqual(new Map());
      expect(await stores.fleetCursors.move([move(undefined, cursor("j", 0))])).toEqual([true]);
    });
  });
});
