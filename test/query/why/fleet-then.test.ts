import { describe, expect, test } from "vitest";
import type { FleetEventType } from "../../../src/model/event.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { Serial, SerialSighting, SessionId } from "../../../src/model/member.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { StoredEvent } from "../../../src/ports/event-reader.ts";
import type { MachineRecord } from "../../../src/ports/machine-store.ts";
import { type FleetEvidence, fleetAt, type MachineThen } from "../../../src/query/why/fleet-then.ts";

const at = (clock: string) => Date.parse(`2026-11-21T${clock}Z`) as EpochMs;
const NOON = at("12:00:00");

function told(
  clock: string,
  type: FleetEventType,
  machine: string,
  facts: Readonly<Record<string, string | number>> = {},
): StoredEvent {
  return { type, at: at(clock), message: "", facts: { machine_id: machine, hostname: `${machine}.example`, ...facts } };
}

function record(machine: string, facts: Partial<MachineRecord> = {}): MachineRecord {
  return {
    machineId: machine as MachineId,
    hostname: `${machine}.example`,
    serial: null,
    state: "active",
    version: "",
    joinedAt: at("00:00:00"),
    lastSeen: at("13:00:00"),
    clockOffsetMs: null,
    running: 0,
    memoryBytes: 0,
    labels: {},
    secretNames: [],
    isDraining: false,
    ...facts,
  };
}

function sighting(machine: string): SerialSighting {
  return {
    serial: 1 as Serial,
    session: "s" as SessionId,
    token: 1,
    machineId: machine as MachineId,
    hostname: `${machine}.example`,
    labels: {},
    isDraining: false,
    place: "",
    heartbeat: 1,
    leaseUntil: NOON,
  };
}

function evidence(events: readonly StoredEvent[], more: Partial<FleetEvidence> = {}): FleetEvidence {
  return {
    events: events.toSorted((a, b) => a.at - b.at),
    oldestEvent: at("00:00:00"),
    machines: [record("a")],
    held: [],
    leader: { session: null, serial: null, machineId: null, term: 0 },
    ...more,
  };
}

function machineThen(events: readonly StoredEvent[], more: Partial<FleetEvidence> = {}): MachineThen | undefined {
  return fleetAt(NOON, evidence(events, more)).machines[0];
}

const JOINED = told("11:00:00", "machine_joined", "a", { serial: 3 });

describe("a machine at a moment of the past", () => {
  test.each([
    ["was alive between joining and leaving", [JOINED, told("12:30:00", "machine_left", "a")], "alive"],
    ["was off after leaving", [JOINED, told("11:30:00", "machine_left", "a")], "off"],
    ["was off after its session was ended", [JOINED, told("11:30:00", "session_reaped", "a")], "off"],
    [
      "was silent in the lease before its session was ended",
      [JOINED, told("12:00:08", "session_reaped", "a", { silent_sec: 12 })],
      "silent",
    ],
    [
      "was alive long before its session was ended",
      [JOINED, told("12:10:00", "session_reaped", "a", { silent_sec: 12 })],
      "alive",
    ],
    [
      "was silent between the last renewal of its session and its late end",
      [JOINED, told("12:10:00", "session_reaped", "a", { silent_sec: 12, silent_since: "2026-11-21T11:59:00.000Z" })],
      "silent",
    ],
    [
      "was alive before the last renewal of its session",
      [JOINED, told("12:10:00", "session_reaped", "a", { silent_sec: 12, silent_since: "2026-11-21T12:00:01.000Z" })],
      "alive",
    ],
    [
      "was silent between the last renewal of a session and the next that came in its place",
      [JOINED, told("12:01:40", "machine_joined", "a", { silent_since: "2026-11-21T11:59:58.000Z" })],
      "silent",
    ],
    [
      "was alive before the last renewal of a session that another replaced",
      [JOINED, told("12:10:00", "machine_joined", "a", { silent_since: "2026-11-21T12:09:00.000Z" })],
      "alive",
    ],
    [
      "is unknown between two joinings of which nothing tells when the first life ended",
      [JOINED, told("12:10:00", "machine_joined", "a")],
      "unknown",
    ],
    [
      "is told by the length of a lease where the server's clock went back",
      [JOINED, told("12:00:08", "session_reaped", "a", { silent_sec: 12, silent_since: "2026-11-21T12:30:00.000Z" })],
      "silent",
    ],
    ["was alive when all that is left tells that it left later", [told("12:30:00", "machine_left", "a")], "alive"],
    [
      "is unknown when all that is left tells that it joined later",
      [told("12:30:00", "machine_joined", "a")],
      "unknown",
    ],
    ["is unknown without any event", [], "unknown"],
  ])("%s", (_, events, presence) => {
    expect(machineThen(events)?.presence).toBe(presence);
  });

  test("that holds a serial and of which no event is left was alive, unless it first joined later", () => {
    expect(machineThen([], { held: [sighting("a")] })?.presence).toBe("alive");
    const late = { held: [sighting("a")], machines: [record("a", { joinedAt: at("12:30:00") })] };
    expect(machineThen([], late)).toMatchObject({ presence: "not_joined", turnedAt: at("12:30:00") });
  });

  test("whose lease is over and that nobody has ended yet is silent", () => {
    const dead = { held: [{ ...sighting("a"), leaseUntil: at("11:30:00") }] };
    expect(machineThen([JOINED], dead)).toMatchObject({ presence: "silent", silentSince: at("11:30:00") });
    expect(machineThen([JOINED], { held: [sighting("a")] })?.presence).toBe("alive");
  });

  test("that joined, was last seen before and holds nothing was off", () => {
    const gone = { machines: [record("a", { lastSeen: at("11:30:00") })] };
    expect(machineThen([JOINED], gone)).toMatchObject({ presence: "off", turnedAt: at("11:30:00") });
  });

  test("that was last seen before and holds nothing was off", () => {
    const gone = { machines: [record("a", { lastSeen: at("10:00:00") })] };
    expect(machineThen([], gone)).toMatchObject({ presence: "off", turnedAt: at("10:00:00") });
  });

  test("has the clock offset, the fence and the drain that were told last before it", () => {
    const events = [
      JOINED,
      told("11:00:01", "clock_offset", "a", { offset_ms: 20 }),
      told("11:40:00", "clock_offset", "a", { offset_ms: 301_000 }),
      told("12:20:00", "clock_offset", "a", { offset_ms: 0 }),
      told("11:50:00", "machine_fenced", "a"),
      told("12:01:00", "machine_unfenced", "a"),
      told("11:55:00", "command_done", "a", { type: "drain", status: "ok" }),
      told("12:05:00", "command_done", "a", { type: "undrain", status: "ok" }),
    ];
    expect(machineThen(events)).toMatchObject({ serial: 3, clockOffsetMs: 301_000, isFenced: true, isDraining: true });
  });
});

describe("who led at a moment of the past", () => {
  const two = { machines: [record("a"), record("b")] };
  const aLed = told("11:00:00", "leader_changed", "a");
  const bLed = told("12:00:09", "leader_changed", "b", { from_machine_id: "a" });

  test("is told by the last change before it, with who led next", () => {
    const { leader } = fleetAt(
      NOON,
      evidence([JOINED, aLed, bLed, told("12:00:08", "session_reaped", "a", { silent_sec: 12 })], two),
    );
    expect(leader).toEqual({
      machineId: "a",
      hostname: "a.example",
      name: "a.example",
      presence: "silent",
      next: { hostname: "b.example", name: "b.example", at: at("12:00:09") },
    });
  });

  test("is whom the next change replaced, when the one before is gone", () => {
    expect(fleetAt(NOON, evidence([bLed], two)).leader?.machineId).toBe("a");
  });

  test("is who leads at present, when no change is left at all, and nobody when nobody ever led", () => {
    const led = { session: "s" as SessionId, serial: 1 as Serial, machineId: "b" as MachineId, term: 1 };
    expect(fleetAt(NOON, evidence([], { ...two, leader: led })).leader?.hostname).toBe("b.example");
    expect(fleetAt(NOON, evidence([], two)).leader).toBeUndefined();
  });

  test("has no evidence before the oldest event", () => {
    expect(fleetAt(NOON, evidence([], { oldestEvent: at("12:30:00") })).hasEvidence).toBe(false);
    expect(fleetAt(NOON, evidence([], { oldestEvent: undefined })).hasEvidence).toBe(false);
    expect(fleetAt(NOON, evidence([aLed])).hasEvidence).toBe(true);
  });
});
