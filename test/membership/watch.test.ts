import { describe, expect, test } from "vitest";
import { isBeating, nothingWatched, observe, silentSessions } from "../../src/membership/watch.ts";
import { leaseTiming, type SerialSighting } from "../../src/model/member.ts";
import type { MonotonicMs } from "../../src/model/time.ts";

const timing = leaseTiming(3_000, 12_000, 3_000);

function serial(number: number, heartbeat: number, session = `session-${number}`): SerialSighting {
  return {
    serial: number,
    session,
    token: 1,
    machineId: `m${number}`,
    place: "p",
    heartbeat,
    leaseUntil: 0,
  } as unknown as SerialSighting;
}

/** Reads the same serials at each of these times, with answers that take no time. */
function readAt(times: readonly number[], held: (at: number) => readonly SerialSighting[]) {
  return times.reduce(
    (watch, at) => observe(watch, held(at), at as MonotonicMs, at as MonotonicMs, timing),
    nothingWatched,
  );
}

function every(stepMs: number, untilMs: number): number[] {
  return Array.from({ length: Math.floor(untilMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

describe("watching the others", () => {
  test("finds a session silent when its heartbeat was read unchanged for a whole ttl", () => {
    const still = () => [serial(1, 7)];
    expect(silentSessions(readAt(every(2_000, 10_000), still), timing)).toEqual([]);
    expect(silentSessions(readAt(every(2_000, 12_000), still), timing)).toEqual([serial(1, 7)]);
  });

  test("begins anew when the heartbeat moves", () => {
    const beatsAt6s = (at: number) => [serial(1, at < 6_000 ? 7 : 8)];
    expect(silentSessions(readAt(every(2_000, 16_000), beatsAt6s), timing)).toEqual([]);
    expect(silentSessions(readAt(every(2_000, 18_000), beatsAt6s), timing)).toHaveLength(1);
  });

  test("begins anew after a gap of its own, in which a heartbeat could have come and gone unseen", () => {
    const times = [...every(2_000, 10_000), 14_001, 16_000];
    expect(
      silentSessions(
        readAt(times, () => [serial(1, 7)]),
        timing,
      ),
    ).toEqual([]);
  });

  test("takes another session on the same serial for another life", () => {
    const takenOver = (at: number) => [serial(1, 7, at < 6_000 ? "old" : "new")];
    expect(silentSessions(readAt(every(2_000, 12_000), takenOver), timing)).toEqual([]);
  });

  test("calls a serial beating only after its heartbeat was seen to move", () => {
    expect(
      isBeating(
        readAt([0], () => [serial(1, 7)]),
        serial(1, 7).serial,
      ),
    ).toBe(false);
    expect(
      isBeating(
        readAt([0, 2_000], (at) => [serial(1, at)]),
        serial(1, 7).serial,
      ),
    ).toBe(true);
  });
});
