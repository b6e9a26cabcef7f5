import { describe, expect, test } from "vitest";
import { isTrusted, type Moment, trustSince } from "../../src/membership/trust.ts";
import { leaseTiming } from "../../src/model/member.ts";

const timing = leaseTiming(3_000, 12_000, 3_000);
const at = (monotonic: number, wall = monotonic): Moment =>
  ({ monotonic, wall: 1_000_000 + wall }) as unknown as Moment;

describe("the trust window", () => {
  test("runs from the sending of the renewal and ends a guard before the lease can", () => {
    const window = trustSince(at(0), timing);
    expect(isTrusted(window, at(8_999))).toBe(true);
    expect(isTrusted(window, at(9_000))).toBe(false);
  });

  test("counts a machine's sleep, in which the monotonic clock stood still", () => {
    const window = trustSince(at(0), timing);
    expect(isTrusted(window, at(100, 60_000))).toBe(false);
  });

  test("is not lengthened by a wall clock that was set back", () => {
    const window = trustSince(at(0), timing);
    expect(isTrusted(window, at(9_000, -3_600_000))).toBe(false);
  });
});
