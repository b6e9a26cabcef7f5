import type { Brand } from "./brand.ts";
import type { MachineId } from "./machine.ts";
import type { EpochMs } from "./time.ts";

/** One life of an agent. Dead if and only if no serial names it; that is final. */
export type SessionId = Brand<string, "SessionId">;
/** A number from 1 upwards that one live session holds; the lowest leads. */
export type Serial = Brand<number, "Serial">;

/** What a session holds: it may renew, replace or free its serial only with all three. */
export interface Lease {
  readonly serial: Serial;
  readonly session: SessionId;
  /** Grows with every change of hands of this serial. */
  readonly token: number;
}

/** What a member tells about itself with each heartbeat. */
export interface MemberTraits {
  readonly labels: Readonly<Record<string, string>>;
  /** It begins no runs. */
  readonly isDraining: boolean;
}

/** By what jobs choose machines. */
export interface MemberFacts extends MemberTraits {
  readonly serial: Serial;
  readonly machineId: MachineId;
  readonly hostname: string;
}

/** A live agent as the others know it. */
export interface Member extends MemberFacts {
  readonly session: SessionId;
}

/** A serial as a watcher read it. */
export interface SerialSighting extends Lease, MemberFacts {
  readonly place: string;
  /** A counter that moves with every renewal. */
  readonly heartbeat: number;
  readonly leaseUntil: EpochMs;
}

/** Whom the fleet follows. */
export interface Leader {
  /** `null` before the first leader. */
  readonly session: SessionId | null;
  readonly serial: Serial | null;
  readonly machineId: MachineId | null;
  /** Grows with every change of leader. */
  readonly term: number;
}

/** How long things take; the same for the whole fleet. */
export interface LeaseTiming {
  readonly heartbeatMs: number;
  readonly ttlMs: number;
  /** What an owner's trust ends before its ttl does. */
  readonly guardMs: number;
  /** Between two looks at the others: a sixth of the ttl. */
  readonly scanMs: number;
}

export function leaseTiming(heartbeatMs: number, ttlMs: number, guardMs: number): LeaseTiming {
  return { heartbeatMs, ttlMs, guardMs, scanMs: ttlMs / 6 };
}
