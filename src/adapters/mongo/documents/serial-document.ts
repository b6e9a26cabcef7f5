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
  };
}
