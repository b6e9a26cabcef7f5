import { describe, expect, test } from "vitest";
import { decideLeadership } from "../../src/membership/leadership.ts";
import type { Leader, Lease, SerialSighting } from "../../src/model/member.ts";

const held = (...serials: number[]): SerialSighting[] =>
  serials.map(
    (serial) =>
      ({
        serial,
        session: `s${serial}`,
        token: 1,
        machineId: `m${serial}`,
        place: "p",
        heartbeat: 1,
        leaseUntil: 0,
      }) as unknown as SerialSighting,
  );
const self = (serial: number) => ({ serial, session: `s${serial}`, token: 1 }) as unknown as Lease;
const ledBy = (serial: number | null) =>
  ({ session: serial === null ? null : `s${serial}`, serial, machineId: null, term: 4 }) as unknown as Leader;
const everybodyBeats = () => true;

describe("leadership", () => {
  test("is taken at once by the two lowest serials when the leader is dead", () => {
    expect(decideLeadership(ledBy(1), self(2), held(2, 3, 4), everybodyBeats, 1).kind).toBe("take");
    expect(decideLeadership(ledBy(1), self(3), held(2, 3, 4), everybodyBeats, 1).kind).toBe("take");
  });

  test("is left by the others to the lowest for one scan", () => {
    expect(decideLeadership(ledBy(1), self(4), held(2, 3, 4), everybodyBeats, 1).kind).toBe("stay");
    expect(decideLeadership(ledBy(1), self(4), held(2, 3, 4), everybodyBeats, 2).kind).toBe("take");
  });

  test("stays where it is while the leader lives", () => {
    expect(decideLeadership(ledBy(3), self(1), held(1, 3), everybodyBeats, 0).kind).toBe("stay");
  });

  test("is handed by the leader to a lower serial that is seen to beat", () => {
    expect(decideLeadership(ledBy(3), self(3), held(1, 3), everybodyBeats, 0)).toMatchObject({
      kind: "hand_over",
      to: { serial: 1 },
    });
    expect(decideLeadership(ledBy(3), self(3), held(1, 3), () => false, 0).kind).toBe("stay");
  });

  test("is taken on a database that never had a leader", () => {
    expect(decideLeadership(ledBy(null), self(1), held(1), everybodyBeats, 1).kind).toBe("take");
  });

  test("is never taken by somebody whom no serial names", () => {
    expect(decideLeadership(ledBy(1), self(5), held(2, 3), everybodyBeats, 9).kind).toBe("stay");
  });
});
