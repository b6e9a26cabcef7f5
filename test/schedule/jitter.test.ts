import { describe, expect, test } from "vitest";
import { jitterMsOf } from "../../src/schedule/jitter.ts";

const spread = (maxMs: number) => Array.from({ length: 10_000 }, (_, index) => jitterMsOf(`job|${index}|fleet`, maxMs));

describe("jitter", () => {
  test("is decided by the run's id alone, so that whoever holds the run waits for the same moment", () => {
    expect(jitterMsOf("job|2026-03-02T10:01Z|fleet", 60_000)).toBe(jitterMsOf("job|2026-03-02T10:01Z|fleet", 60_000));
    expect(jitterMsOf("job|2026-03-02T10:01Z|fleet", 60_000)).toBe(19_664);
    expect(jitterMsOf("job|2026-03-02T10:01Z|a", 60_000)).not.toBe(jitterMsOf("job|2026-03-02T10:01Z|b", 60_000));
  });

  test("lies between nothing and its most, both of which come", () => {
    expect(Math.min(...spread(10))).toBe(0);
    expect(Math.max(...spread(10))).toBe(10);
    expect(Math.max(...spread(3_600_000))).toBeLessThanOrEqual(3_600_000);
    expect(new Set(spread(0))).toEqual(new Set([0]));
  });

  test("is evenly spread", () => {
    const tenths = Array(10).fill(0);
    for (const it of spread(59_999)) tenths[Math.floor(it / 6_000)]++;
    // Each tenth of 10,000 gets 1,000; five standard deviations are 150.
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
