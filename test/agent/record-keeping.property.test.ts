import fc from "fast-check";
import { expect, test } from "vitest";
import type { Claims } from "../../src/agent/claims.ts";
import { claimOf, noRunOf, type PlannedJob, type Recorder, settle } from "../../src/agent/job-plan.ts";
import { createRecordKeeping } from "../../src/agent/record-keeping.ts";
import type { ServerClock } from "../../src/agent/server-clock.ts";
import { createSession } from "../../src/agent/session.ts";
import { createSetAside } from "../../src/agent/set-aside.ts";
import type { CatchUp, RevisionId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import { leaseTiming } from "../../src/model/member.ts";
import type { Occurrence } from "../../src/model/occurrence.ts";
import { type EpochMs, MINUTE_MS } from "../../src/model/time.ts";
import type { Log } from "../../src/ports/log.ts";
import { occurrencesIn } from "../../src/schedule/due.ts";
import { jobOf } from "../chain/job-fixtures.ts";
import { serial, session } from "../conformance/samples.ts";
import { at, scheduleIn } from "../schedule/schedules.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createMemoryClaimStore } from "../support/memory/run-stores.ts";
import { createMemoryState } from "../support/memory/state.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** What somebody with an older view of the job left at and behind an occurrence. */
const traces = fc.array(
  fc.record({
    /** Occurrences without a record before it. */
    gap: fc.integer({ min: 0, max: 180 }),
    kind: fc.constantFrom("run" as const, "missed" as const, "stretch" as const),
    length: fc.integer({ min: 2, max: 140 }),
  }),
  { maxLength: 6 },
);

const SCHEDULES = [
  { schedule: scheduleIn("UTC", "* * * * *"), begin: at("2026-03-02T10:00Z") },
  { schedule: scheduleIn("UTC", "*/3 * * * *"), begin: at("2026-03-02T10:00Z") },
  // 30 December 2011 did not exist in Samoa: its fixed times stand at one minute with what is due there.
  {
    schedule: scheduleIn("Pacific/Apia", ["* * * * *", "0 9 * * *", "30 10 * * *", "0 0 * * *"]),
    begin: at("2011-12-30T05:00Z"),
  },
];

const stories = fc.record({
  where: fc.constantFrom(...SCHEDULES),
  minutes: fc.integer({ min: 1, max: 900 }),
  catchUp: fc.constantFrom<CatchUp>("last", "all", "none"),
  traces,
});

function setUp({ schedule, begin }: (typeof SCHEDULES)[number], minutes: number, catchUp: CatchUp) {
  const now = (begin + minutes * MINUTE_MS + 5_000) as EpochMs;
  const clock = createFakeClock({ wall: now });
  const state = createMemoryState(() => now);
  const claimStore = createMemoryClaimStore(state);
  const events = { record() {}, flush: async () => {} };
  const lease = { serial: serial(1), session: session("s"), token: 1 };
  const moment = { monotonic: clock.monotonicNow(), wall: clock.wallNow() };
  const owner = createSession(lease, moment, leaseTiming(3_000, 12_000, 3_000), clock);
  const by: Recorder = { session: owner, machineId: "a" as MachineId, scope: undefined };
  const job = jobOf([], { overlap: "allow", catchUp });
  const planned: PlannedJob = { job, revision: "r" as RevisionId, schedule };
  const claims: Claims = {
    record: (drafts) => claimStore.insert(drafts.map((it) => (it.kind === "run" ? it.build(false) : it.record))),
  };
  const serverClock: ServerClock = { now: () => now, offsetMs: () => null, note() {}, settle: (server) => server };
  const aside = createSetAside({ now: () => now, log: silent });
  const records = createRecordKeeping({ by, claims, claimStore, serverClock, events, log: silent }, aside);
  const again = (after: EpochMs) => [...settle(planned, { after, upTo: now }, undefined)];
  return { by, planned, now, state, claimStore, records, again };
}

test("whatever a recorder with an older view left behind, each occurrence is in exactly one record", async () => {
  await fc.assert(
    fc.asyncProperty(stories, async ({ where, minutes, catchUp, traces: left }) => {
      const { by, planned, now, state, claimStore, records, again } = setUp(where, minutes, catchUp);
      const due = [...occurrencesIn(where.schedule, { after: where.begin, upTo: now })];
      const former = { ...by, machineId: "b" as MachineId };
      let position = 0;
      for (const { gap, kind, length } of left) {
        position += gap;
        const stretch = due.slice(position, position + (kind === "stretch" ? length : 1));
        const [first] = stretch;
        const last = stretch.at(-1);
        if (first === undefined || last === undefined) break;
        // No recorder puts a time that never existed into a stretch.
        if (stretch.length > 1 && stretch.some((it) => it.neverExisted)) break;
        const cover = stretch.length > 1 ? { last: last.scheduledFor, count: stretch.length } : undefined;
        const record =
          kind === "run" && first.neverExisted === undefined
            ? claimOf(planned, first, former, false, now)
            : noRunOf(planned, first, former, "missed", "earlier", cover, now);
        await claimStore.insert([record]);
        position += stretch.length;
      }
      const settlements = again(where.begin);
      const settling = { planned, settlements, again, giveTo: undefined };
      expect(await records.recordAll(settlements.length === 0 ? [] : [settling])).toBeDefined();

      const all = [...state.runs.values()];
      const covering = (it: Occurrence) =>
        all.filter((record) => {
          if (record.id.includes(`|${it.key}|`)) return true;
          const last = "stretch" in record ? record.stretch?.last : undefined;
          const isInside = last !== undefined && it.scheduledFor > record.scheduledFor && it.scheduledFor <= last;
          return isInside && it.neverExisted === undefined;
        });
      expect(due.filter((it) => covering(it).length !== 1).map((it) => [it.key, covering(it).length])).toEqual([]);
      const counted = all.reduce((sum, it) => sum + ("stretch" in it ? (it.stretch?.count ?? 1) : 1), 0);
      expect(counted).toBe(due.length);
    }),
    { numRuns: 150 },
  );
});
