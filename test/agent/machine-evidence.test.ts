import { beforeEach, describe, expect, test } from "vitest";
import { createMachineEvidence, type MachineEvidence } from "../../src/agent/machine-evidence.ts";
import type { FleetEvent } from "../../src/model/event.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z") as EpochMs;

describe("what an agent tells about itself", () => {
  let told: FleetEvent[];
  let nowMs: number;
  let evidence: MachineEvidence;

  beforeEach(() => {
    told = [];
    nowMs = 0;
    evidence = createMachineEvidence({
      events: { record: (event) => void told.push(event), flush: async () => {} },
      identity: { machineId: "m-1" as MachineId, hostname: "web-1" },
      clock: { monotonicNow: () => nowMs as MonotonicMs },
    });
  });

  const offsets = () => told.map((it) => it.facts["offset_ms"]);

  function readOffset(afterMs: number, offsetMs: number): void {
    nowMs += afterMs;
    evidence.clockOffset(offsetMs);
  }

  test("is its clock's offset at the first reading, however small, and again when it has changed by over a second", () => {
    readOffset(0, 3);
    readOffset(61_000, 1_000);
    readOffset(61_000, 1_010);
    readOffset(61_000, -200);
    expect(offsets()).toEqual([3, 1_010, -200]);
    expect(told[0]).toMatchObject({ type: "clock_offset", facts: { machine_id: "m-1", hostname: "web-1" } });
  });

  test("is an offset that leaps to and fro once a minute at most, and then the latest", () => {
    readOffset(0, 0);
    for (let second = 1; second <= 59; second++) readOffset(1_000, second % 2 === 0 ? 0 : 90_000);
    expect(offsets()).toEqual([0]);
    readOffset(1_000, 90_000);
    expect(offsets()).toEqual([0, 90_000]);
  });

  test("is each outage of MongoDB that was longer than an election, with its beginning and its end", () => {
    evidence.databaseWasAway(900, NOW);
    expect(told).toEqual([]);
    evidence.databaseWasAway(90_500, NOW);
    expect(told[0]?.facts).toMatchObject({
      since: "2026-11-21T11:58:29.500Z",
      until: "2026-11-21T12:00:00.000Z",
      away_ms: 90_500,
    });
  });
});
