import type { FleetEvent } from "../model/event.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { Leader, Lease, LeaseTiming, Member, SerialSighting } from "../model/member.ts";
import type { Run } from "../model/run.ts";
import { SECOND_MS } from "../model/time.ts";

/** A session was ended by somebody else, because nothing was heard of it. */
export function sessionReaped(silent: SerialSighting, { ttlMs }: LeaseTiming): FleetEvent {
  const { serial, session, machineId, hostname } = silent;
  return {
    type: "session_reaped",
    message: "this session was silent for a whole lease and was ended",
    facts: {
      serial,
      session,
      machine_id: machineId,
      hostname,
      silent_sec: ttlMs / SECOND_MS,
      ...silentSince(silent, { ttlMs }),
    },
  };
}

/** @param former the session that this machine had before and that ended without a word, if there was one */
export function machineJoined(
  { serial, session }: Lease,
  { machineId, hostname }: MachineIdentity,
  former: SerialSighting | undefined,
  timing: LeaseTiming,
): FleetEvent {
  const facts = { serial, session, machine_id: machineId, hostname };
  if (former === undefined) return { type: "machine_joined", message: "joined the fleet", facts };
  return {
    type: "machine_joined",
    message: "joined the fleet in the place of its former session, which had ended without a word",
    facts: { ...facts, ...silentSince(former, timing) },
  };
}

/** The last renewal of a session, by the server's clock: nothing was heard of it after that. */
function silentSince({ leaseUntil }: SerialSighting, { ttlMs }: Pick<LeaseTiming, "ttlMs">): FleetEvent["facts"] {
  return { silent_since: new Date(leaseUntil - ttlMs).toISOString() };
}

export function leaderChanged(to: Member, term: number, from: Leader): FleetEvent {
  const { serial, session, machineId, hostname } = to;
  return {
    type: "leader_changed",
    message: "this machine leads the fleet",
    facts: { serial, session, machine_id: machineId, hostname, term, from_machine_id: from.machineId },
  };
}

/** @param run as it was before: its agent is the one that is gone */
export function runTakenOver(run: Run, to: Pick<Member, "serial" | "session" | "machineId">): FleetEvent {
  return {
    type: "run_taken_over",
    message: "this run goes on with another agent; its own stopped or died",
    facts: {
      run: run.id,
      job_id: run.jobId,
      job: run.jobName,
      from_session: run.session,
      from_serial: run.serial,
      from_machine_id: run.claimedBy,
      to_session: to.session,
      to_serial: to.serial,
      to_machine_id: to.machineId,
    },
  };
}
