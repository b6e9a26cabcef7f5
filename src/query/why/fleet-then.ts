import type { MachineId } from "../../model/machine.ts";
import type { Leader, SerialSighting } from "../../model/member.ts";
import { type EpochMs, SECOND_MS } from "../../model/time.ts";
import type { StoredEvent } from "../../ports/event-reader.ts";
import type { MachineRecord } from "../../ports/machine-store.ts";
import { machineNames } from "../machine-names.ts";

/** How a machine was at a moment; `silent`: its session still stood, but nothing was heard of it any more. */
export type Presence = "alive" | "silent" | "off" | "not_joined" | "unknown";

export interface MachineThen {
  readonly machineId: MachineId;
  readonly hostname: string;
  /** What tells it apart from the others: its hostname, if no other has that. */
  readonly name: string;
  readonly presence: Presence;
  /** When the presence is over or began, as far as an event tells: its session ended, it left, it first joined. */
  readonly turnedAt: EpochMs | undefined;
  /** When it was heard of last; of one that is silent, as far as an event tells. */
  readonly silentSince: EpochMs | undefined;
  /** When it joined again, or first, after the moment. */
  readonly joinedNext: EpochMs | undefined;
  readonly serial: number | undefined;
  /** How far its clock was ahead of the server's; `undefined`: nothing tells. */
  readonly clockOffsetMs: number | undefined;
  /** It began no send, as its renewals were not acknowledged. */
  readonly isFenced: boolean;
  readonly isDraining: boolean;
}

interface LeaderThen {
  readonly machineId: MachineId;
  readonly hostname: string;
  readonly name: string;
  readonly presence: Presence;
  /** Who led next, and from when on. */
  readonly next: { readonly hostname: string; readonly name: string; readonly at: EpochMs } | undefined;
}

export interface FleetThen {
  readonly machines: readonly MachineThen[];
  /** `undefined`: nothing tells who led. */
  readonly leader: LeaderThen | undefined;
  /** False: what happened then is older than the events that are kept, or no event is. */
  readonly hasEvidence: boolean;
}

export interface FleetEvidence {
  /** About members and leaders, from before and after the moment, in order of time. */
  readonly events: readonly StoredEvent[];
  readonly oldestEvent: EpochMs | undefined;
  readonly machines: readonly MachineRecord[];
  readonly held: readonly SerialSighting[];
  readonly leader: Leader;
}

/** The fleet as it was at a moment of the past. What no event tells is said to be unknown. */
export function fleetAt(at: EpochMs, evidence: FleetEvidence): FleetThen {
  const byMachine = eventsByMachine(evidence.events);
  const known = new Map(evidence.machines.map((it) => [it.machineId as string, it]));
  const ids = new Set([...known.keys(), ...byMachine.keys()]);
  const found = [...ids].map((id) => machineAt(at, id as MachineId, byMachine.get(id) ?? [], known.get(id), evidence));
  const names = machineNames(found);
  const machines = found.map((it) => ({ ...it, name: names.get(it.machineId) ?? it.hostname }));
  return {
    machines: machines.sort((a, b) => (a.serial ?? Infinity) - (b.serial ?? Infinity) || byName(a, b)),
    leader: leaderAt(at, evidence, machines),
    hasEvidence: evidence.oldestEvent !== undefined && evidence.oldestEvent <= at,
  };
}

function eventsByMachine(events: readonly StoredEvent[]): ReadonlyMap<string, readonly StoredEvent[]> {
  const byMachine = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const id = event.facts["machine_id"];
    if (typeof id !== "string") continue;
    const own = byMachine.get(id) ?? [];
    own.push(event);
    byMachine.set(id, own);
  }
  return byMachine;
}

function byName(a: MachineThen, b: MachineThen): number {
  return a.hostname < b.hostname ? -1 : 1;
}

function machineAt(
  at: EpochMs,
  machineId: MachineId,
  events: readonly StoredEvent[],
  record: MachineRecord | undefined,
  { held }: FleetEvidence,
): Omit<MachineThen, "name"> {
  const before = events.filter((it) => it.at <= at);
  const joined = before.findLast((it) => it.type === "machine_joined");
  const fence = before.findLast((it) => FENCES.has(it.type));
  const offset = before.findLast((it) => it.type === "clock_offset")?.facts["offset_ms"];
  const drain = before.findLast((it) => it.type === "command_done" && isDrain(it));
  const hostname = record?.hostname ?? events.map((it) => it.facts["hostname"]).find((it) => typeof it === "string");
  const serial = joined?.facts["serial"];
  return {
    machineId,
    hostname: typeof hostname === "string" ? hostname : machineId,
    ...presenceAt(at, events, record, held),
    joinedNext: events.find((it) => it.at > at && it.type === "machine_joined")?.at,
    serial: typeof serial === "number" ? serial : held.find((it) => it.machineId === machineId)?.serial,
    clockOffsetMs: typeof offset === "number" ? offset : undefined,
    isFenced: fence?.type === "machine_fenced",
    isDraining: drain?.facts["type"] === "drain",
  };
}

const FENCES: ReadonlySet<string> = new Set(["machine_fenced", "machine_unfenced", "machine_joined"]);
const TURNS: ReadonlySet<string> = new Set(["machine_joined", "machine_left", "session_reaped"]);

function isDrain({ facts }: StoredEvent): boolean {
  return (facts["type"] === "drain" || facts["type"] === "undrain") && facts["status"] === "ok";
}

type Standing = Pick<MachineThen, "presence" | "turnedAt" | "silentSince">;

function presenceAt(
  at: EpochMs,
  events: readonly StoredEvent[],
  record: MachineRecord | undefined,
  held: readonly SerialSighting[],
): Standing {
  const turns = events.filter((it) => TURNS.has(it.type));
  const before = turns.findLast((it) => it.at <= at);
  const after = turns.find((it) => it.at > at);
  if (before !== undefined && before.type !== "machine_joined") return off(before.at, silentFrom(before));
  const silentSince = after === undefined ? undefined : silentFrom(after);
  if (silentSince !== undefined && at >= silentSince) return { presence: "silent", turnedAt: after?.at, silentSince };
  if (after?.type === "machine_joined" && silentSince === undefined)
    return before === undefined ? withoutEvent(at, after, record, held) : standing("unknown");
  if (after !== undefined) return standing("alive", after.at);
  return before === undefined ? withoutEvent(at, after, record, held) : sinceJoining(at, record, held);
}

/** It had joined, and no event tells that its session ended: what stands in the database at present may. */
function sinceJoining(at: EpochMs, record: MachineRecord | undefined, held: readonly SerialSighting[]): Standing {
  const sighting = held.find((it) => it.machineId === record?.machineId);
  // A lease that is over at that moment was renewed no more.
  if (sighting !== undefined && sighting.leaseUntil < at)
    return { presence: "silent", turnedAt: undefined, silentSince: sighting.leaseUntil };
  if (sighting === undefined && record !== undefined && record.lastSeen < at) return off(record.lastSeen);
  return standing("alive");
}

function standing(presence: Presence, turnedAt?: EpochMs): Standing {
  return { presence, turnedAt, silentSince: undefined };
}

function off(turnedAt: EpochMs, silentSince?: EpochMs): Standing {
  return { presence: "off", turnedAt, silentSince };
}

/** Nothing tells that it had joined by then: what stands in the database at present may. */
function withoutEvent(
  at: EpochMs,
  after: StoredEvent | undefined,
  record: MachineRecord | undefined,
  held: readonly SerialSighting[],
): Standing {
  if (record === undefined) return standing("unknown");
  if (record.joinedAt > at) return standing("not_joined", record.joinedAt);
  const isHeld = held.some((it) => it.machineId === record.machineId);
  if (after === undefined && isHeld) return sinceJoining(at, record, held);
  if (after === undefined && record.lastSeen < at) return off(record.lastSeen);
  return standing("unknown");
}

/** From when on nothing was heard of a session, by what the event says that ended it or came in its place. */
function silentFrom({ at, facts }: StoredEvent): EpochMs | undefined {
  const since = typeof facts["silent_since"] === "string" ? Date.parse(facts["silent_since"]) : Number.NaN;
  // Where the server's clock went back, a renewal may seem later than what came after it.
  if (since <= at) return since as EpochMs;
  return typeof facts["silent_sec"] === "number" ? ((at - facts["silent_sec"] * SECOND_MS) as EpochMs) : undefined;
}

function leaderAt(
  at: EpochMs,
  { events, leader: led }: FleetEvidence,
  machines: readonly MachineThen[],
): LeaderThen | undefined {
  const changes = events.filter((it) => it.type === "leader_changed");
  const before = changes.findLast((it) => it.at <= at);
  const after = changes.find((it) => it.at > at);
  const id =
    before?.facts["machine_id"] ?? after?.facts["from_machine_id"] ?? (after === undefined ? led.machineId : null);
  if (typeof id !== "string") return undefined;
  const machine = machines.find((it) => it.machineId === id);
  const nextId = after?.facts["machine_id"];
  const next = machines.find((it) => it.machineId === nextId);
  return {
    machineId: id as MachineId,
    hostname: machine?.hostname ?? id,
    name: machine?.name ?? id,
    presence: machine?.presence ?? "unknown",
    next:
      after === undefined
        ? undefined
        : { hostname: next?.hostname ?? String(nextId), name: next?.name ?? String(nextId), at: after.at },
  };
}
