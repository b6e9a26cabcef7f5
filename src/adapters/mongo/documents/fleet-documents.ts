import type { MachineId } from "../../../model/machine.ts";
import type { Leader, Member, Serial, SessionId } from "../../../model/member.ts";
import type { FleetSettings } from "../../../model/settings.ts";
import { SECOND_MS } from "../../../model/time.ts";
import type { FleetView } from "../../../ports/leader-store.ts";

/** The documents of `fleet`, each under an `_id` of its own. */
export interface LeaderDocument {
  readonly _id: "leader";
  readonly session: string | null;
  readonly serial: number | null;
  readonly machine_id: string | null;
  readonly term: number;
}

export interface ViewDocument {
  readonly _id: "view";
  readonly term: number;
  readonly version: number;
  readonly members: readonly ViewMemberDocument[];
}

export interface ViewMemberDocument {
  readonly serial: number;
  readonly session: string;
  readonly machine_id: string;
  /** These three are not there when an agent of a former version wrote it. */
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly draining?: boolean;
}

export interface SettingsDocument {
  readonly _id: "settings";
  readonly format: number;
  readonly tz: string;
  readonly max_serial: number;
  readonly lease: { readonly heartbeat_sec: number; readonly ttl_sec: number; readonly guard_sec: number };
}

/** The format of the documents that this program reads and writes. */
export const FORMAT = 1;

export const NO_LEADER: Leader = { session: null, serial: null, machineId: null, term: 0 };

export function leaderOf(document: LeaderDocument): Leader {
  return {
    session: document.session as SessionId | null,
    serial: document.serial as Serial | null,
    machineId: document.machine_id as MachineId | null,
    term: document.term,
  };
}

export function viewOf(document: ViewDocument): FleetView {
  return {
    version: document.version,
    members: document.members.map((it) => ({
      serial: it.serial as Serial,
      session: it.session as SessionId,
      machineId: it.machine_id as MachineId,
      hostname: it.hostname ?? "",
      labels: it.labels ?? {},
      isDraining: it.draining ?? false,
    })),
  };
}

export function viewMemberDocument(member: Member): ViewMemberDocument {
  return {
    serial: member.serial,
    session: member.session,
    machine_id: member.machineId,
    hostname: member.hostname,
    labels: member.labels,
    draining: member.isDraining,
  };
}

export function settingsDocument(settings: FleetSettings): SettingsDocument {
  return {
    _id: "settings",
    format: FORMAT,
    tz: settings.zone,
    max_serial: settings.maxSerial,
    lease: {
      heartbeat_sec: settings.lease.heartbeatMs / SECOND_MS,
      ttl_sec: settings.lease.ttlMs / SECOND_MS,
      guard_sec: settings.lease.guardMs / SECOND_MS,
    },
  };
}
