import type { MachineId } from "../../model/machine.ts";
import type { Leader, SerialSighting } from "../../model/member.ts";
import { type EpochMs, SECOND_MS } from "../../model/time.ts";
import type { StoredEvent } from "../../ports/event-reader.ts";
import type { MachineRecord } from "../../ports/machine-store.ts";

/** How a machine was at a moment; `silent`: its session still stood, but nothing was heard of it any more. */
export type Presence = "alive" | "silent" | "off" | "not_joined" | "unknown";

export interface MachineThen {
  readonly machineId: MachineId;
  readonly hostname: string;
  readonly presence: Presence;
  /** When the presence is over or began, as far as an event tells: its session ended, it left, it first joined. */
  readonly turnedAt: EpochMs | undefined;
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
  readonly presence: Presence;
  /** Who led next, and from when on. */
  readonly next: { readonly hostname: string; readonly at: EpochMs } | undefined;
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
  const machines = [...ids].map((id) =>
    machineAt(at, id as MachineId, byMachine.get(id) ?? [], known.get(id), evidence),
  );
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
): MachineThen {
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

type Standing = Pick<MachineThen, "presence" | "turnedAt">;

function presenceAt(
  at: EpochMs,
  events: readonly StoredEvent[],
  record: MachineRecord | undefined,
  held: readonly SerialSighting[],
): Standing {
  const turns = events.filter((it) => TURNS.has(it.type));
  const before = turns.findLast((it) => it.at <= at);
  const after = turns.find((it) => it.at > at);
  if (before !== undefined && before.type !== "machine_joined") return { presence: "off", turnedAt: before.at };
  if (before === undefined && (after === undefined || after.type === "machine_joined"))
    return withoutEvent(at, after, record, held);
  if (after?.type === "session_reaped" && at >= after.at - silentMs(after))
    return { presence: "silent", turnedAt: after.at };
  return { presence: "alive", turnedAt: after?.type === "machine_joined" ? undefined : after?.at };
}

/** Nothing tells that it had joined by then: what stands in the database at present may. */
function withoutEvent(
  at: EpochMs,
  after: StoredEvent | undefined,
  record: MachineRecord | undefined,
  held: readonly SerialSighting[],
): Standing {
  if (record === undefined) return { presence: "unknown", turnedAt: undefined };
  if (record.joinedAt > at) return { presence: "not_joined", turnedAt: record.joinedAt };
  const isHeld = held.some((it) => it.machineId === record.machineId);
  if (after === undefined && isHeld) return { presence: "alive", turnedAt: undefined };
  if (after === undefined && record.lastSeen < at) return { presence: "off", turnedAt: record.lastSeen };
  return { presence: "unknown", turnedAt: undefined };
}

function silentMs({ facts }: StoredEvent): number {
  return typeof facts["silent_sec"] === "number" ? facts["silent_sec"] * SECOND_MS : 0;
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
    presence: machine?.presence ?? "unknown",
    next: after === undefined ? undefined : { hostname: next?.hostname ?? String(nextId), at: after.at },
  };
}
