import type { MachineId } from "../../../model/machine.ts";
import type { Lease, Serial, SerialSighting, SessionId } from "../../../model/member.ts";
import { instantOf } from "./instants.ts";

/** A document of `serials`: free when `session` is null. */
export interface SerialDocument {
  readonly _id: number;
  readonly session: string | null;
  readonly token: number;
  /** A counter; every renewal moves it. */
  readonly heartbeat: number;
  /** Only while taken. */
  readonly machine_id?: string;
  readonly place?: string;
  readonly lease_until?: Date;
  /** Who held it last, which gets it again while it is free. */
  readonly former_machine_id?: string;
  /** What jobs choose machines by; not there when an agent of a former version wrote it. */
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly draining?: boolean;
}

export function leaseOf(document: SerialDocument, session: SessionId): Lease {
  return { serial: document._id as Serial, session, token: document.token };
}

/** `undefined` for a free serial. */
export function sightingOf(document: SerialDocument): SerialSighting | undefined {
  const { session, machine_id: machineId, place, lease_until: leaseUntil } = document;
  if (session === null || machineId === undefined || leaseUntil === undefined) return undefined;
  return {
    ...leaseOf(document, session as SessionId),
    machineId: machineId as MachineId,
    place: place ?? "",
    heartbeat: document.heartbeat,
    leaseUntil: instantOf(leaseUntil),
    hostname: document.hostname ?? "",
    labels: document.labels ?? {},
    isDraining: document.draining ?? false,
  };
}
