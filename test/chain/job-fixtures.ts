import type { HttpDefaults } from "../../src/model/config.ts";
import type { Action, HttpAction } from "../../src/model/action.ts";
import type { Job, JobId, RevisionId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Serial, SessionId } from "../../src/model/member.ts";
import type { Run, RunId, Step } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { ANYWHERE } from "../../src/model/where.ts";

export const SCHEDULED_FOR = Date.UTC(2026, 10, 21, 5, 30) as EpochMs;

export const defaults: HttpDefaults = {
  timeoutMs: 10_000,
  retry: { retries: 2, delayMs: 3_000, backoff: 2 },
  maxBodyBytes: 1_048_576,
};

export function httpAction(overrides: Partial<HttpAction> = {}): HttpAction {
  return {
    type: "http",
    name: undefined,
    method: "GET",
    url: "http://target.test/",
    headers: {},
    params: {},
    body: undefined,
    timeoutMs: undefined,
    retry: {},
    redirects: 5,
    when: { hourIn: undefined, minuteIn: undefined },
    continueOnFailure: false,
    ...overrides,
  };
}

export function jobOf(actions: readonly Action[], overrides: Partial<Job> = {}): Job {
  return {
    id: "job1" as JobId,
    name: "refresh prices",
    enabled: true,
    description: "",
    owner: "",
    labels: {},
    schedule: { entries: [], zone: undefined, notBefore: undefined, notAfter: undefined },
    runOn: "leader",
    where: ANYWHERE,
    overlap: "skip",
    jitterMs: 0,
    catchUp: "last",
    catchUpWindowMs: 3_600_000,
    catchUpMax: 100,
    onAgentLoss: "resume",
    runTimeoutMs: 60_000,
    timeoutMs: undefined,
    retry: {},
    actions,
    ...overrides,
  };
}

export function runOf(steps: readonly Step[], overrides: Partial<Run> = {}): Run {
  return {
    id: "job1|2026-11-21T05:30Z|fleet" as RunId,
    jobId: "job1" as JobId,
    jobName: "refresh prices",
    trigger: "schedule",
    scheduledFor: SCHEDULED_FOR,
    local: "2026-11-21T14:30:00+09:00",
    hour: 14,
    minute: 30,
    scope: undefined,
    revision: "rev1" as RevisionId,
    session: "session1" as SessionId,
    token: 7,
    seq: 1,
    status: "running",
    claimedBy: "machine1" as MachineId,
    serial: 1 as Serial,
    claimedAt: SCHEDULED_FOR,
    dueAt: SCHEDULED_FOR,
    startAt: SCHEDULED_FOR,
    takeovers: 0,
    cancelRequested: false,
    handedBack: false,
    steps,
    ...overrides,
  };
}

export const machine = { hostname: "db-1", machineId: "machine1" };
