import type { JobId, RevisionId } from "../../src/model/job.ts";
import type { MachineId, MachineIdentity } from "../../src/model/machine.ts";
import type { MemberTraits, Serial, SessionId } from "../../src/model/member.ts";
import type { NoRun, Run, RunFacts, RunHold, RunId, Step, StepKey } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";

export const session = (name: string) => name as SessionId;
export const serial = (number: number) => number as Serial;
export const jobId = (name: string) => name as JobId;

export function machine(name: string): MachineIdentity & MemberTraits {
  const identity = { machineId: name as MachineId, hostname: `${name}.example`, place: `boot:${name}`, bootId: "boot" };
  return { ...identity, ...TRAITS };
}

export const TRAITS: MemberTraits = { labels: { site: "seoul" }, isDraining: false };

export const MINUTE = 1_800_000_000_000 as EpochMs;
export const at = (ms: number) => (MINUTE + ms) as EpochMs;

function facts(id: string): RunFacts {
  return {
    id: id as RunId,
    jobId: jobId("job-1"),
    jobName: "refresh prices",
    trigger: "schedule",
    scheduledFor: MINUTE,
    local: "2027-01-15T17:00:00+09:00",
    hour: 17,
    minute: 0,
    scope: undefined,
    revision: "revision-1" as RevisionId,
  };
}

export function run(id: string, changes: Partial<Run> = {}): Run {
  return {
    ...facts(id),
    session: session("session-1"),
    token: 1,
    seq: 0,
    status: "running",
    claimedBy: "machine-1" as MachineId,
    serial: serial(1),
    claimedAt: at(50),
    dueAt: MINUTE,
    startAt: at(60),
    takeovers: 0,
    cancelRequested: false,
    handedBack: false,
    steps: [],
    ...changes,
  };
}

export function missed(id: string, changes: Partial<NoRun> = {}): NoRun {
  return {
    ...facts(id),
    status: "missed",
    reason: "no agent was running",
    recordedBy: "machine-1" as MachineId,
    recordedAt: at(70),
    stretch: undefined,
    keepMs: 30 * 86_400_000,
    ...changes,
  };
}

export function step(index: number, changes: Partial<Step> = {}): Step {
  return {
    index,
    name: `step ${index}`,
    status: "sending",
    attempts: 1,
    statusCode: undefined,
    elapsedMs: undefined,
    responseSample: undefined,
    error: undefined,
    nextAttemptAt: undefined,
    ...changes,
  };
}

/** The key of a step as text, such as `2/17/0`. */
export const keyOf = (key: string) => key as StepKey;

/** A step that is a part of another. */
export function innerStep(parent: string, index: number, changes: Partial<Step> = {}): Step {
  return { ...step(index), parent: keyOf(parent), ...changes };
}

export function holdOf({ id, session: holder, token, seq }: RunHold): RunHold {
  return { id, session: holder, token, seq };
}
