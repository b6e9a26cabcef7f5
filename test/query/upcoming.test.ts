import { describe, expect, test } from "vitest";
import { describeSchedule } from "../../src/query/describe-schedule.ts";
import { upcomingOccurrences } from "../../src/query/upcoming.ts";
import type { ScheduleEntry, ScheduleSpec } from "../../src/model/schedule-spec.ts";
import type { EpochMs } from "../../src/model/time.ts";

const spec = (...entries: ScheduleEntry[]): ScheduleSpec => ({
  entries,
  zone: undefined,
  notBefore: undefined,
  notAfter: undefined,
});
const from = Date.UTC(2026, 10, 21) as EpochMs;

describe("upcoming occurrences", () => {
  test("are later than the start and in order, as many as asked", () => {
    const schedule = spec({ kind: "cron", text: "*/20 * * * *" });
    const at = upcomingOccurrences({ schedule }, "UTC", from, 4).map((it) => it.scheduledFor - from);
    expect(at).toEqual([1_200_000, 2_400_000, 3_600_000, 4_800_000]);
  });

  test("are fewer when the schedule ends", () => {
    const schedule = spec({ kind: "once", text: "2026-12-01T09:00" });
    expect(upcomingOccurrences({ schedule }, "Asia/Seoul", from, 4)).toMatchObject([
      { local: "2026-12-01T09:00:00+09:00" },
    ]);
  });
});

test("a schedule reads as short as a cell of a table", () => {
  expect(
    describeSchedule(
      spec(
        { kind: "hour_minute", hour: 9, minute: 5 },
        { kind: "hour_minute", hour: null, minute: 30 },
        { kind: "cron", text: "*/5 9-17 * * 1-5" },
        { kind: "once", text: "2026-12-01T09:00" },
      ),
    ),
  ).toBe("daily at 09:05, every hour at :30, */5 9-17 * * 1-5, once at 2026-12-01T09:00");
});
