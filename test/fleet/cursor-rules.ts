import type { MemoryRecord, MemoryState } from "../support/memory/state.ts";
import { type Calendar, dueBetween, isDue, nextDue } from "./calendar.ts";
import type { Verdict } from "./verdict.ts";

type Cursor = MemoryState["cursors"] extends Map<string, infer Value> ? Value : never;

/** A job document as somebody wrote it; `calendar` is what it asks for, `undefined` when the job is off. */
interface JobVersion {
  readonly revision: string;
  readonly calendar: Calendar | undefined;
  readonly writtenAt: number;
}

/** How far one job is settled in one scope, kept by the checker itself. */
export interface Settled {
  readonly job: string;
  readonly scope: string | undefined;
  /** The schedule that has been in force since the last edit that a cursor took in. */
  calendar: Calendar | undefined;
  revision: string | null;
  plannedTo: number;
  /** The first due time that is not settled yet. */
  nextDue: number | undefined;
  /** When another schedule came into force. */
  turnedAt: number;
  readonly recorded: Set<number>;
}

export interface CursorRules {
  readonly settled: ReadonlyMap<string, Settled>;
  /** A document was written, or removed: then its version asks for nothing. */
  jobWritten(job: string, version: JobVersion): void;
  /** What its document asks for at present. */
  wanted(job: string): JobVersion | undefined;
  onCursor(key: string, before: Cursor | undefined, after: Cursor): void;
  onRecord(record: MemoryRecord): void;
}

export interface CursorRulesDeps {
  readonly now: () => number;
  readonly verdict: Verdict;
}

/** Promise 2, and the order of claims on which the rules of overlap rest: what is due comes from our own calendar, not from the agents. */
export function createCursorRules({ now, verdict }: CursorRulesDeps): CursorRules {
  const versions = new Map<string, JobVersion[]>();
  const present = new Map<string, JobVersion>();
  const settled = new Map<string, Settled>();

  const keyOf = (job: string, scope: string | undefined) =>
    scope === undefined ? `${job}|fleet` : `${job}|machine|${scope}`;

  function nameOf({ job, scope }: Settled, at: number): string {
    return `${job}${scope === undefined ? "" : ` on ${scope}`} at ${minuteOf(at)}`;
  }

  function passedOver(it: Settled, upTo: number): void {
    if (it.calendar === undefined) return;
    for (const at of dueBetween(it.calendar, it.plannedTo, upTo))
      if (!it.recorded.has(at)) verdict.broken("P2", `the cursor passed ${nameOf(it, at)}, which has no record`);
  }

  function turn(it: Settled, after: Cursor): void {
    const version = versions.get(it.job)?.find((one) => one.revision === after.revision);
    const calendar = after.schedule === null ? undefined : version?.calendar;
    if (after.schedule !== null && calendar === undefined)
      verdict.broken("P2", `the cursor of ${it.job} follows a schedule that nobody wrote`);
    if (JSON.stringify(calendar) !== JSON.stringify(it.calendar)) it.turnedAt = now();
    it.calendar = calendar;
    it.revision = after.revision;
  }

  function checkOrder(it: Settled, at: number): void {
    const { calendar } = it;
    // Who read the cursor before an edit may still be at work under the schedule of that time.
    if (calendar === undefined || now() - it.turnedAt < PLANNER_MAY_BE_OLD_MS || !isDue(calendar, at)) return;
    if (at <= it.plannedTo) return verdict.broken("P2", `${nameOf(it, at)} was recorded after it had been settled`);
    for (const earlier of dueBetween(calendar, it.plannedTo, at - 1))
      if (!it.recorded.has(earlier))
        verdict.broken("P2", `${nameOf(it, at)} got its record before ${minuteOf(earlier)} had one`);
  }

  function noteRecorded(it: Settled, record: MemoryRecord): void {
    const stretch = "session" in record ? undefined : record.stretch;
    if (stretch === undefined) {
      if (it.recorded.has(record.scheduledFor))
        verdict.broken("P1", `${nameOf(it, record.scheduledFor)} has a second record: ${record.id}`);
      it.recorded.add(record.scheduledFor);
      return;
    }
    for (const at of dueBetween(it.calendar ?? NEVER, record.scheduledFor - 1, stretch.last)) {
      if (it.recorded.has(at))
        verdict.broken("P2", `${nameOf(it, at)} has a record and is covered by a stretch: ${record.id}`);
      it.recorded.add(at);
    }
  }

  return {
    settled,
    jobWritten(job, version) {
      present.set(job, version);
      versions.set(job, [...(versions.get(job) ?? []), version]);
    },
    wanted: (job) => present.get(job),
    onCursor(key, before, after) {
      const [, scope] = key.split("|machine|");
      let it = settled.get(key);
      if (it === undefined) {
        it = {
          job: after.jobId,
          scope,
          calendar: undefined,
          revision: null,
          plannedTo: after.plannedTo,
          nextDue: undefined,
          turnedAt: now(),
          recorded: new Set(),
        };
        settled.set(key, it);
      }
      if (before !== undefined && after.plannedTo < it.plannedTo)
        verdict.broken("P2", `the cursor of ${key} went back from ${minuteOf(it.plannedTo)}`);
      passedOver(it, after.plannedTo);
      turn(it, after);
      it.plannedTo = after.plannedTo;
      it.nextDue = it.calendar && nextDue(it.calendar, it.plannedTo);
    },
    onRecord(record) {
      if (record.trigger !== "schedule") return;
      const it = settled.get(keyOf(record.jobId, record.scope));
      if (it === undefined) return verdict.broken("P2", `${record.id} was recorded without a cursor`);
      const asked = versions.get(record.jobId)?.some((one) => one.calendar && isDue(one.calendar, record.scheduledFor));
      if (asked !== true) verdict.broken("P1", `${record.id} was recorded though nobody asked for that time`);
      checkOrder(it, record.scheduledFor);
      noteRecorded(it, record);
    },
  };
}

const PLANNER_MAY_BE_OLD_MS = 10 * 60_000;
const NEVER: Calendar = { minutes: [], hours: [], aheadOfUtcMs: 0 };

function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}
