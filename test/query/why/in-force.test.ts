import { describe, expect, test } from "vitest";
import type { JobId, RevisionId } from "../../../src/model/job.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { Cursor, ScheduleHash } from "../../../src/ports/cursor-store.ts";
import type { StoredEvent } from "../../../src/ports/event-reader.ts";
import { inForceAt } from "../../../src/query/why/in-force.ts";
import { jobChangesOf } from "../../../src/query/why/job-change.ts";

const at = (clock: string) => Date.parse(`2026-11-21T${clock}:00Z`) as EpochMs;

function changed(clock: string, facts: Readonly<Record<string, string | null>>): StoredEvent {
  return {
    type: "job_changed",
    at: at(clock),
    message: "",
    facts: { planned_to: new Date(at(clock)).toISOString(), revision: null, from_revision: null, ...facts },
  };
}

const version = (revision: string, clock: string) => ({ revision: revision as RevisionId, firstSeen: at(clock) });
const cursor = (schedule: string | null): Cursor => ({
  jobId: "job" as JobId,
  schedule: schedule as ScheduleHash | null,
  plannedTo: at("11:00"),
  revision: "r2" as RevisionId,
  fleetZone: "UTC",
});

const CREATED = changed("09:00", { why: "created", revision: "r1" });
const EDITED = changed("10:00", { why: "edited", revision: "r2", from_revision: "r1" });
const OFF = changed("10:30", { why: "disabled", from_revision: "r2" });
const ON = changed("10:45", { why: "switched_on", revision: "r2" });
const story = jobChangesOf([ON, EDITED, CREATED, OFF]);

describe("the version of a job that decided at a moment", () => {
  test.each([
    ["08:59", { kind: "later", firstSeen: at("09:00") }],
    ["09:01", { kind: "version", revision: "r1", since: at("09:00"), grounds: "event" }],
    // What is due at the very moment of an edit is still the former version's.
    ["10:00", { kind: "version", revision: "r1" }],
    ["10:01", { kind: "version", revision: "r2", since: at("10:00") }],
    ["10:30", { kind: "version", revision: "r2" }],
    ["10:31", { kind: "off", why: "disabled", since: at("10:30"), until: at("10:45") }],
    ["10:46", { kind: "version", revision: "r2", since: at("10:45") }],
  ])("at %s follows from the changes around it", (clock, expected) => {
    expect(inForceAt(at(clock), { changes: story, versions: [], cursor: undefined })).toMatchObject(expected);
  });

  test("is what the next change replaced, when the change before it is gone", () => {
    const found = inForceAt(at("09:30"), { changes: jobChangesOf([EDITED]), versions: [], cursor: undefined });
    expect(found).toMatchObject({ kind: "version", revision: "r1", since: undefined, grounds: "event" });
  });

  test("without any event is the last one that agents knew by then, and says so", () => {
    const evidence = {
      changes: [],
      versions: [version("r1", "09:00"), version("r2", "10:00")],
      cursor: cursor("hash"),
    };
    expect(inForceAt(at("09:30"), evidence)).toMatchObject({ revision: "r1", grounds: "first_seen" });
    expect(inForceAt(at("10:30"), evidence)).toMatchObject({ revision: "r2", grounds: "first_seen" });
    expect(inForceAt(at("08:00"), evidence)).toEqual({ kind: "later", firstSeen: at("09:00") });
  });

  test("is not guessed for a job that is off at present and no event tells since when", () => {
    const evidence = { changes: [], versions: [version("r1", "09:00")], cursor: cursor(null) };
    expect(inForceAt(at("09:30"), evidence)).toEqual({ kind: "no_evidence" });
  });

  test("was none for a job that no agent has planned", () => {
    expect(inForceAt(at("09:30"), { changes: [], versions: [], cursor: undefined })).toEqual({ kind: "never_planned" });
  });

  test("is one change, though two agents told it", () => {
    expect(jobChangesOf([CREATED, { ...CREATED, at: at("09:01") }])).toHaveLength(1);
  });

  test("takes over the end of a pause, and reads no nonsense", () => {
    const paused = changed("10:00", { why: "paused", revision: "r1", not_before: "2026-11-21T12:00:00.000Z" });
    const found = inForceAt(at("11:00"), { changes: jobChangesOf([paused]), versions: [], cursor: undefined });
    expect(found).toMatchObject({ kind: "version", notBefore: at("12:00") });
    expect(jobChangesOf([changed("10:00", { planned_to: "soon" })])).toEqual([]);
    expect(jobChangesOf([changed("10:00", { why: "magic" })])[0]?.why).toBe("unknown");
  });
});
