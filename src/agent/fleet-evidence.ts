import type { FleetEvent } from "../model/event.ts";
import type { Leader, LeaseTiming, Member, SerialSighting } from "../model/member.ts";
import type { Run } from "../model/run.ts";
import { SECOND_MS } from "../model/time.ts";

/** A session was ended by somebody else, because nothing was heard of it. */
export function sessionReaped(silent: SerialSighting, { ttlMs }: LeaseTiming): FleetEvent {
  const { serial, session, machineId, hostname } = silent;
  return {
    type: "session_reaped",
    message: "this session was silent for a whole lease and was ended",
    facts: { serial, session, machine_id: machineId, hostname, silent_sec: ttlMs / SECOND_MS },
  };
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
