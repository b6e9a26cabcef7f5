import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ScheduleEntry } from "../../src/model/schedule-spec.ts";
import { type EpochMs, MINUTE_MS } from "../../src/model/time.ts";
import { nextOccurrence, occurrencesIn } from "../../src/schedule/due.ts";
import { scheduleIn } from "./schedules.ts";
import { type Asked, expectedOccurrences, type Film, filmWallClock, text } from "./wall-clock-oracle.ts";

const HOUR = 60;
/** The windows lie within this of the change, the film reaches further. */
const WINDOW_REACH = 36 * HOUR;
const FILM_REACH = 64 * HOUR;

/** Moments around which the clocks of a zone change, and some around which they do not. */
const CHANGES: readonly (readonly [zone: string, around: string, what: string])[] = [
  ["Europe/Berlin", "2026-03-29T01:00Z", "an hour forward at 02:00"],
  ["Europe/Berlin", "2026-10-25T01:00Z", "an hour back at 03:00"],
  ["America/New_York", "2026-03-08T07:00Z", "an hour forward at 02:00"],
  ["America/New_York", "2026-11-01T06:00Z", "an hour back at 02:00"],
  ["Europe/Dublin", "2026-03-29T01:00Z", "negative daylight saving ends"],
  ["Europe/Dublin", "2026-10-25T01:00Z", "negative daylight saving begins"],
  ["Australia/Lord_Howe", "2026-10-03T15:30Z", "half an hour forward"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z", "half an hour back"],
  ["Antarctica/Troll", "2026-03-29T01:00Z", "two hours forward"],
  ["Antarctica/Troll", "2026-10-25T01:00Z", "two hours back"],
  ["Antarctica/Casey", "2009-10-17T18:00Z", "three hours forward"],
  ["Antarctica/Casey", "2010-03-04T15:00Z", "three hours back"],
  ["Africa/Cairo", "2026-04-23T22:00Z", "midnight is skipped"],
  ["Africa/Cairo", "2026-10-29T21:00Z", "the hour before midnight comes twice"],
  ["America/Sao_Paulo", "2018-11-04T03:00Z", "midnight is skipped"],
  ["America/Sao_Paulo", "2019-02-17T02:00Z", "the hour before midnight comes twice"],
  ["Asia/Beirut", "2026-03-28T22:00Z", "midnight is skipped"],
  ["Asia/Beirut", "2026-10-24T21:00Z", "the hour before midnight comes twice"],
  ["America/St_Johns", "2006-10-29T02:31Z", "back at 00:01, into the day before"],
  ["America/St_Johns", "2006-04-02T03:31Z", "forward at 00:01"],
  ["Asia/Pyongyang", "2018-05-04T15:00Z", "half an hour forward over midnight"],
  ["Africa/Casablanca", "2026-02-15T02:00Z", "back for Ramadan"],
  ["Africa/Casablanca", "2026-03-22T02:00Z", "forward after Ramadan"],
  ["Asia/Kathmandu", "1985-12-31T18:30Z", "a quarter of an hour forward at midnight"],
  ["America/Caracas", "2007-12-09T07:00Z", "half an hour back"],
  ["Pacific/Apia", "2011-12-30T10:00Z", "a whole day is skipped"],
  ["Pacific/Apia", "2012-03-31T14:00Z", "an hour back"],
  ["Pacific/Kwajalein", "1993-08-21T12:00Z", "a whole day is skipped"],
  ["Pacific/Kwajalein", "1969-09-30T13:00Z", "23 hours back"],
  ["Pacific/Kiritimati", "1994-12-31T10:40Z", "a whole day is skipped"],
  ["Asia/Seoul", "2026-06-01T00:00Z", "nothing changes"],
  ["Asia/Seoul", "1988-05-07T17:00Z", "the Olympic summer time"],
  ["UTC", "2026-12-31T00:00Z", "nothing ever changes"],
];

function field(low: number, high: number, likelyStar: boolean): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 2, max: Math.ceil((high - low) / 2) });
  return fc.oneof(
    { weight: likelyStar ? 20 : 2, arbitrary: fc.constant("*") },
    { weight: 4, arbitrary: value.map(String) },
    { weight: 2, arbitrary: fc.array(value, { minLength: 2, maxLength: 4 }).map((values) => values.join(",")) },
    { weight: 1, arbitrary: range },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([over, by]) => `${over}/${by}`) },
  );
}

const cron = fc
  .tuple(
    field(0, 59, false),
    fc.oneof(field(0, 23, false), field(0, 4, false)),
    field(1, 28, true),
    field(1, 12, true),
    field(0, 6, true),
  )
  .map((fields): Asked => ({ kind: "cron", text: fields.join(" ") }));

function asked(around: number): fc.Arbitrary<Asked> {
  const near = fc.integer({ min: around - 30 * HOUR, max: around + 30 * HOUR });
  return fc.oneof(
    { weight: 8, arbitrary: cron },
    { weight: 1, arbitrary: near.map((wall): Asked => ({ kind: "once_wall", wall })) },
    { weight: 1, arbitrary: near.map((utc): Asked => ({ kind: "once_utc", utc })) },
  );
}

/** Both ends of a window, in UTC minutes: `(after, upTo]`. */
function windowNear(around: number): fc.Arbitrary<readonly [after: number, upTo: number]> {
  const edge = fc.oneof(fc.integer({ min: -WINDOW_REACH, max: WINDOW_REACH }), fc.integer({ min: -3, max: 3 }));
  return fc.tuple(edge, edge).map(([a, b]) => [around + Math.min(a, b), around + Math.max(a, b)]);
}

function scheduleOf(zone: string, entries: readonly Asked[]) {
  return scheduleIn(
    zone,
    entries.map((entry): ScheduleEntry => {
      if (entry.kind === "cron") return entry;
      return { kind: "once", text: entry.kind === "once_wall" ? text(entry.wall) : `${text(entry.utc)}Z` };
    }),
  );
}

function ms(minute: number): EpochMs {
  return (minute * MINUTE_MS) as EpochMs;
}

describe.each(CHANGES)("%s around %s: %s", (zone, around) => {
  const middle = Date.parse(around) / MINUTE_MS;
  let taken: Film | undefined;
  const film = () => (taken ??= filmWallClock(zone, middle - FILM_REACH, 2 * FILM_REACH));

  test("is due exactly what somebody who watches a wall clock every minute would run", () => {
    const schedules = fc.array(asked(middle), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(schedules, windowNear(middle), (entries, [after, upTo]) => {
        const found = [...occurrencesIn(scheduleOf(zone, entries), { after: ms(after), upTo: ms(upTo) })];
        const shown = found.map((it) => [
          text(it.scheduledFor / MINUTE_MS),
          it.key,
          it.local.slice(0, 16),
          it.neverExisted === true,
        ]);
        const expected = expectedOccurrences(film(), entries, after + 1, upTo);
        expect(shown).toEqual(expected.map((it) => [it.at, it.key, it.local, it.neverExisted]));
        const otherMoment = found.filter((it) => Date.parse(it.local) !== it.scheduledFor);
        const otherHour = found.filter((it) => it.hour !== Number(it.local.slice(11, 13)));
        const otherMinute = found.filter((it) => it.minute !== Number(it.local.slice(14, 16)));
        expect([otherMoment, otherHour, otherMinute]).toEqual([[], [], []]);
      }),
      { numRuns: 25 },
    );
  });

  test("gives the same in any number of consecutive windows, each key once, and in the preview", () => {
    const schedules = fc.array(asked(middle), { minLength: 1, maxLength: 3 });
    const cuts = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(schedules, windowNear(middle), cuts, (entries, [after, upTo], shares) => {
        const schedule = scheduleOf(zone, entries);
        const whole = [...occurrencesIn(schedule, { after: ms(after), upTo: ms(upTo) })];
        expect(new Set(whole.map((it) => it.key)).size).toBe(whole.length);

        const inner = shares.map((share) => Math.round(ms(after) + ((ms(upTo) - ms(after)) * share) / 1_000));
        const edges = [ms(after), ...inner.sort((a, b) => a - b), ms(upTo)];
        const parts = edges.slice(1).flatMap((edge, index) => {
          return [...occurrencesIn(schedule, { after: edges[index] as EpochMs, upTo: edge as EpochMs })];
        });
        expect(parts).toEqual(whole);

        const runnable = whole.filter((it) => it.neverExisted === undefined).slice(0, 200);
        let from = ms(after);
        const preview = runnable.map(() => {
          const next = nextOccurrence(schedule, from);
          if (next === undefined || next.scheduledFor <= from) throw new Error(`nothing later than ${from}`);
          from = next.scheduledFor;
          return next;
        });
        expect(preview).toEqual(runnable);
      }),
      { numRuns: 15 },
    );
  });
});
