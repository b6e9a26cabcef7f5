import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetEvent } from "../../src/model/event.ts";
import type { JobId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { RunId } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { ScheduleHash } from "../../src/ports/cursor-store.ts";
import type { EventQuery } from "../../src/ports/event-reader.ts";
import { eventually } from "../support/eventually.ts";
import { at, innerStep, jobId, MINUTE, missed, run, step } from "./samples.ts";
import { type World, WORLDS } from "./worlds.ts";

const JOB = jobId("job-1");
const minute = (nth: number) => (MINUTE + nth * 60_000) as EpochMs;

function told(type: FleetEvent["type"], facts: FleetEvent["facts"]): FleetEvent {
  return { type, message: "something happened", facts };
}

describe.each(WORLDS)("what people read of the past, from $name", ({ open }) => {
  let world: World;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world.close());

  /** What happens within one millisecond has no order. */
  async function nextMillisecond(): Promise<void> {
    const { serverTime } = world.agent();
    const before = await serverTime.now();
    await eventually("next millisecond", 5_000, async () => ((await serverTime.now()) > before ? true : undefined));
  }

  describe("events", () => {
    const numbers = async (query: Partial<EventQuery>) => {
      const found = await world
        .readers()
        .events.find({ types: ["job_changed"], prefer: "latest", limit: 10, ...query });
      return found.map((it) => it.facts["n"]);
    };

    beforeEach(async () => {
      const { events } = world.agent();
      for (const n of [1, 2, 3]) {
        events.record(told("job_changed", { job_id: n === 2 ? "$other" : "job-1", n, note: "$HOME" }));
        await events.flush();
        await nextMillisecond();
      }
      events.record(told("command_done", { n: 4 }));
      await events.flush();
    });

    test("are found by type, in the order in which they happened, with all that was said", async () => {
      expect(await numbers({})).toEqual([1, 2, 3]);
      expect(await numbers({ types: ["command_done"] })).toEqual([4]);
      expect(await numbers({ types: ["job_changed", "command_done"] })).toEqual([1, 2, 3, 4]);
      const [first] = await world.readers().events.find({ types: ["job_changed"], prefer: "earliest", limit: 1 });
      expect(first).toMatchObject({ type: "job_changed", message: "something happened", facts: { note: "$HOME" } });
    });

    test("are found by job, also one whose id looks like an expression", async () => {
      expect(await numbers({ jobId: JOB })).toEqual([1, 3]);
      expect(await numbers({ jobId: "$other" as JobId })).toEqual([2]);
      expect(await numbers({ jobId: "none" as JobId })).toEqual([]);
    });

    test("are cut to the latest or the earliest, in order either way", async () => {
      expect(await numbers({ prefer: "latest", limit: 2 })).toEqual([2, 3]);
      expect(await numbers({ prefer: "earliest", limit: 2 })).toEqual([1, 2]);
    });

    test("are bounded by time, both ends included", async () => {
      const all = await world.readers().events.find({ types: ["job_changed"], prefer: "latest", limit: 10 });
      const [first, second, third] = all.map((it) => it.at);
      if (first === undefined || second === undefined || third === undefined) throw new Error("events are missing");
      expect(await numbers({ from: second })).toEqual([2, 3]);
      expect(await numbers({ upTo: second })).toEqual([1, 2]);
      expect(await numbers({ from: second, upTo: second })).toEqual([2]);
      expect(await world.readers().events.oldest()).toBe(first);
    });
  });

  test("the oldest event is none while nothing was told", async () => {
    expect(await world.readers().events.oldest()).toBeUndefined();
  });

  describe("a job's past", () => {
    test("has each version once, in the order in which agents first stored it, the latest when there are many", async () => {
      const { jobs, revisions } = world.agent();
      const seen: string[] = [];
      for (const schedule of ["0 1 * * *", "0 2 * * *", "0 3 * * *"]) {
        await world.putJob({ _id: "job-1", name: "prices", schedule });
        const documents = await jobs.readAll();
        await revisions.keep(documents);
        await revisions.keep(documents);
        seen.push(...documents.map((it) => it.revision));
        await nextMillisecond();
      }
      const { jobPast } = world.readers();
      const versions = await jobPast.versions(JOB, 10);
      expect(versions.map((it) => it.revision)).toEqual(seen);
      expect((await jobPast.versions(JOB, 2)).map((it) => it.revision)).toEqual(seen.slice(1));
      expect(await jobPast.versions(jobId("none"), 10)).toEqual([]);
    });

    test("has the cursors of the fleet and of the machines that are asked for", async () => {
      const { fleetCursors, cursorsOf } = world.agent();
      const cursor = {
        jobId: JOB,
        schedule: "hash" as ScheduleHash,
        plannedTo: at(1),
        revision: null,
        fleetZone: "UTC",
      };
      const machine = (name: string) => name as MachineId;
      const before = await world.readers().jobPast.cursors(JOB, [machine("m-1")]);
      expect([before.fleet, before.ofMachines.size]).toEqual([undefined, 0]);
      await fleetCursors.move([{ jobId: JOB, from: undefined, to: cursor, next: undefined }]);
      await cursorsOf(machine("m-1")).move([
        { jobId: JOB, from: undefined, to: { ...cursor, plannedTo: at(2) }, next: undefined },
      ]);
      const found = await world.readers().jobPast.cursors(JOB, [machine("m-1"), machine("m-2")]);
      expect(found.fleet?.plannedTo).toBe(at(1));
      expect([...found.ofMachines].map(([id, it]) => [id, it.plannedTo])).toEqual([["m-1", at(2)]]);
    });

    test("knows a job by its id and by its name, also when its document is gone", async () => {
      const { jobs, jobHealth } = world.agent();
      await world.putJob({ _id: "job-1", name: "prices" });
      const documents = await jobs.readAll();
      await jobHealth.publish(
        documents.map(({ id, name, revision }) => ({ jobId: id, name, revision, valid: true, problems: [] })),
      );
      await world.removeJob("job-1");
      const { jobPast } = world.readers();
      expect(await jobPast.known("job-1")).toEqual([{ id: "job-1", name: "prices" }]);
      expect(await jobPast.known("prices")).toEqual([{ id: "job-1", name: "prices" }]);
      expect(await jobPast.known("nothing")).toEqual([]);
    });
  });

  test("a run is read with all that it holds, and in lists without what is most of it", async () => {
    const bulk = { responseSample: "yes", values: Object.assign(Object.create(null), { "json$.id": 1n }) };
    const steps = [step(0, bulk), step(1, { status: "running" }), innerStep("1", 0, bulk)];
    const vars = Object.assign(Object.create(null), { site: "seoul" });
    await world.agent().claims.insert([run("r", { steps, vars })]);
    const { runs } = world.readers();
    const whole = await runs.find("r" as RunId);
    expect(whole).toMatchObject({ id: "r", vars });
    expect(whole?.steps).toStrictEqual(steps);
    const query = { jobId: undefined, statuses: [], since: undefined, limit: 5 };
    for (const listed of [await runs.list(query), await runs.withIds(["r" as RunId])]) {
      expect(listed.map((it) => it.vars)).toEqual([undefined]);
      expect(listed.map((it) => it.steps)).toStrictEqual([[step(0), step(1, { status: "running" })]]);
    }
  });

  describe("the records of one occurrence", () => {
    const ids = async (at_: EpochMs) =>
      (await world.readers().runs.ofOccurrence(JOB, at_)).map((it) => it.id as string).toSorted();

    test("are those of its time in any scope, and none that a person asked for", async () => {
      await world
        .agent()
        .claims.insert([
          run("job-1|0|m-1", { scope: "m-1" as MachineId }),
          missed("job-1|0|m-2", { scope: "m-2" as MachineId }),
          run("job-1|manual|x" as RunId, { trigger: "manual" }),
          run("job-1|1|m-1", { scheduledFor: minute(1) }),
          run("other|0|fleet", { jobId: jobId("other") }),
        ]);
      expect(await ids(MINUTE)).toEqual(["job-1|0|m-1", "job-1|0|m-2"]);
      expect(await ids(minute(1))).toEqual(["job-1|1|m-1"]);
      expect(await ids(minute(2))).toEqual([]);
    });

    test("are also stretches of misses that reach over it, both ends included", async () => {
      const stretch = { last: minute(200), count: 201 };
      await world.agent().claims.insert([missed("job-1|0|fleet", { stretch })]);
      for (const nth of [0, 1, 100, 200]) expect(await ids(minute(nth))).toEqual(["job-1|0|fleet"]);
      expect(await ids(minute(201))).toEqual([]);
      const [record] = await world.readers().runs.ofOccurrence(JOB, minute(7));
      expect(record).toMatchObject({ status: "missed", recordedAt: at(70), stretch });
    });
  });
});
