import { describe, expect, test } from "vitest";
import { clockOffsetMs, isDoubtful, sampleOf, serverTimeAt } from "../../src/membership/server-time.ts";
import type { Moment } from "../../src/membership/trust.ts";
import type { EpochMs } from "../../src/model/time.ts";

const moment = (monotonic: number, wall: number) => ({ monotonic, wall }) as unknown as Moment;
const epoch = (value: number) => value as EpochMs;

describe("the server's time", () => {
  test("goes on from the middle of the round trip at our own pace", () => {
    const sample = sampleOf(epoch(1_000_000), moment(100, 700_000), moment(300, 700_200));
    expect(serverTimeAt(sample, moment(1_200, 0))).toBe(1_001_000);
  });

  test("shows how far our wall clock is off", () => {
    const sample = sampleOf(epoch(1_000_000), moment(0, 700_000), moment(0, 700_000));
    expect(clockOffsetMs(sample)).toBe(-300_000);
  });

  test("is doubted when it leaps ahead of our pace and our clock knows nothing of it", () => {
    const sample = sampleOf(epoch(1_000_000), moment(0, 1_000_000), moment(0, 1_000_000));
    expect(isDoubtful(sample, epoch(1_062_000), moment(1_000, 1_001_000))).toBe(true);
    expect(isDoubtful(sample, epoch(1_060_000), moment(1_000, 1_001_000))).toBe(false);
  });

  test("is believed after a sleep of the machine, which our wall clock shows", () => {
    const sample = sampleOf(epoch(1_000_000), moment(0, 1_000_000), moment(0, 1_000_000));
    expect(isDoubtful(sample, epoch(8_200_000), moment(1_000, 8_200_000))).toBe(false);
  });

  test("is believed when it is no further ahead than the round trip before left open", () => {
    const stopped = sampleOf(epoch(1_000_000), moment(0, 700_000), moment(400_000, 1_100_000));
    expect(isDoubtful(stopped, epoch(1_401_000), moment(401_000, 1_101_000))).toBe(false);
    const slept = sampleOf(epoch(1_000_000), moment(0, 700_000), moment(100, 4_300_100));
    expect(isDoubtful(slept, epoch(4_603_000), moment(3_100, 4_303_100))).toBe(false);
    expect(isDoubtful(slept, epoch(9_000_000), moment(3_100, 4_303_100))).toBe(true);
  });

  test("is believed when it goes back: that makes us late, never early", () => {
    const sample = sampleOf(epoch(1_000_000), moment(0, 1_000_000), moment(0, 1_000_000));
    expect(isDoubtful(sample, epoch(400_000), moment(1_000, 1_001_000))).toBe(false);
  });
});
