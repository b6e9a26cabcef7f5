import type { Step } from "../../src/model/run.ts";
import type { Arrival } from "../support/fleet-world/scripted-target.ts";
import type { MemoryRecord, MemoryRun } from "../support/memory/state.ts";
import type { Lives } from "./lives.ts";
import type { Verdict } from "./verdict.ts";

/** A run under way, as the checker saw it. */
export interface RunRecord {
  readonly id: string;
  readonly job: string;
  readonly claimedAt: number;
  readonly scheduledFor: number;
  session: string;
  /** When anything last happened to it: a write, a change of hands, an arrival. */
  movedAt: number;
  /** When it was handed to another agent that has not answered for it yet. */
  handedAt: number | undefined;
  /** When it last changed hands, answered for or not. */
  ownedSince: number;
  cancelAskedAt: number | undefined;
  readonly isScheduled: boolean;
  readonly scope: string | undefined;
  hasArrived: boolean;
}

export interface RunRules {
  /** The live ones. */
  readonly live: ReadonlyMap<string, RunRecord>;
  onRecord(actor: string, operation: string, before: MemoryRecord | undefined, after: MemoryRecord): void;
  onArrival(arrival: Arrival, run: MemoryRecord | undefined): void;
}

export interface RunRulesDeps {
  readonly now: () => number;
  readonly lives: Lives;
  readonly verdict: Verdict;
  readonly retriesOf: (job: string) => number;
  readonly overlapsAllowed: (job: string) => boolean;
  /** While one machine's place is claimed twice, each ends the other's sessions: only the counts of sends must hold. */
  readonly isPlaceShared: () => boolean;
}

/** Promises 1, 3 and 4 on the records of runs and on what arrives at the target. */
export function createRunRules({
  now,
  lives,
  verdict,
  retriesOf,
  overlapsAllowed,
  isPlaceShared,
}: RunRulesDeps): RunRules {
  const live = new Map<string, RunRecord>();
  /** How often each attempt of each run arrived, by `step.attempt`. */
  const arrivals = new Map<string, Map<string, number>>();

  function inserted(actor: string, after: MemoryRecord): void {
    if (arrivals.has(after.id)) verdict.broken("P1", `${after.id} was recorded a second time`);
    arrivals.set(after.id, new Map());
    if (!("session" in after)) return;
    const isOwn = lives.ownerOf(after.session)?.name === actor;
    if (!isOwn && (after.status !== "waiting" || after.steps.length > 0))
      verdict.broken("P4", `${actor} began ${after.id} in the name of a session that is not its own`);
    lives.used(after.session);
    live.set(after.id, {
      id: after.id,
      job: after.jobId,
      claimedAt: now(),
      session: after.session,
      movedAt: now(),
      scheduledFor: after.scheduledFor,
      handedAt: isOwn ? undefined : now(),
      ownedSince: now(),
      cancelAskedAt: undefined,
      isScheduled: after.trigger === "schedule",
      scope: after.scope,
      hasArrived: false,
    });
    for (const step of after.steps) checkIntent(after, undefined, step);
    if (after.status === "running") checkTurn(after);
  }

  function changed(actor: string, before: MemoryRun, after: MemoryRun): void {
    const record = live.get(after.id);
    if (record === undefined) return verdict.broken("P1", `${after.id} changed after its end`);
    record.movedAt = now();
    if (after.cancelRequested && !before.cancelRequested) record.cancelAskedAt = now();
    if (after.seq === before.seq) {
      const flag = { cancelRequested: false, cancelReason: undefined };
      if (JSON.stringify({ ...before, ...flag }) !== JSON.stringify({ ...after, ...flag }))
        verdict.broken("P4", `${after.id} changed without its seq`);
      return;
    }
    if (after.seq !== before.seq + 1) verdict.broken("P4", `${after.id} went from seq ${before.seq} to ${after.seq}`);
    if (after.session !== before.session) handedOver(actor, record, before, after);
    else checkWriter(actor, record, before, after);
    checkSteps(record, before, after);
    if (before.status === "waiting" && after.status === "running") checkTurn(after);
    if (after.status !== "waiting" && after.status !== "running") live.delete(after.id);
  }

  /** Runs of a job that may not overlap begin one after the other, in the order of their times. */
  function checkTurn({ id, jobId, trigger, scope, scheduledFor }: MemoryRun): void {
    if (trigger !== "schedule" || overlapsAllowed(jobId)) return;
    for (const it of live.values()) {
      const isEarlier = it.isScheduled && it.job === jobId && it.scope === scope && it.scheduledFor < scheduledFor;
      if (isEarlier) verdict.broken("P1", `${id} began while ${it.id} was live, and its job's runs may not overlap`);
    }
  }

  /** A run is taken from a session that is over; or its owner gives it away when it stops. */
  function handedOver(actor: string, record: RunRecord, before: MemoryRun, after: MemoryRun): void {
    if (!lives.isOver(before.session) && lives.ownerOf(before.session)?.name !== actor)
      verdict.broken("P4", `${after.id} was taken from ${lives.ownerOf(before.session)?.name}, whose session is alive`);
    if (after.token !== before.token + 1) verdict.broken("P4", `${after.id} changed hands under the same token`);
    record.session = after.session;
    lives.used(after.session);
    record.handedAt = now();
    record.ownedSince = now();
  }

  function checkWriter(actor: string, record: RunRecord, before: MemoryRun, after: MemoryRun): void {
    const isOwner = lives.ownerOf(before.session)?.name === actor;
    if (!isOwner && !lives.isOver(before.session))
      verdict.broken("P4", `${actor} wrote ${after.id}, which belongs to ${lives.ownerOf(before.session)?.name}`);
    if (!isOwner && after.end === undefined)
      verdict.broken("P4", `${actor} wrote into ${after.id} without having taken it`);
    if (isOwner) record.handedAt = undefined;
  }

  function checkSteps(record: RunRecord, before: MemoryRun, after: MemoryRun): void {
    for (let index = 0; index < Math.max(before.steps.length, after.steps.length); index++) {
      const was = before.steps[index];
      const is = after.steps[index];
      if (was === is) continue;
      if (is === undefined) verdict.broken("P3", `${after.id} lost step ${index}`);
      else if (was !== undefined && isOver(was)) checkKept(after, was, is);
      else if (was !== undefined && is.attempts < was.attempts) checkGivenBack(record, was, is);
      checkIntent(after, was, is);
    }
  }

  function checkKept(run: MemoryRun, was: Step, is: Step): void {
    if (was.status === is.status && was.attempts === is.attempts) return;
    verdict.broken("P3", `${run.id}, step ${was.index} was ${was.status} and became ${is.status} again`);
  }

  /** An intent is given back only when nothing of it was sent. */
  function checkGivenBack(record: RunRecord, was: Step, is: Step): void {
    const isGivenBack = is.attempts === was.attempts - 1 && was.status === "sending" && is.status !== "sending";
    if (!isGivenBack || arrivals.get(record.id)?.has(`${was.index}.${was.attempts}`) === true)
      verdict.broken("P3", `${record.id}, step ${was.index} went back from attempt ${was.attempts} to ${is.attempts}`);
  }

  function checkIntent(run: MemoryRun, was: Step | undefined, is: Step | undefined): void {
    if (is === undefined) return;
    if (is.attempts > retriesOf(run.jobId) + 1)
      verdict.broken("P3", `${run.id}, step ${is.index} has ${is.attempts} attempts stored`);
    if (is.status === "sending" && was?.status === "sending" && is.attempts <= was.attempts)
      verdict.broken("P3", `${run.id}, step ${is.index}: attempt ${is.attempts} was stored a second time`);
    const before = run.steps.slice(0, is.index);
    if (before.length < is.index || !before.every(isOver))
      verdict.broken("P3", `${run.id}, step ${is.index} began before the result of an earlier step was stored`);
  }

  function flawsOf(arrival: Arrival, run: MemoryRecord | undefined): string[] {
    const { step: index, attempt, fence, life } = arrival;
    if (run === undefined || !("session" in run)) return ["belongs to no run"];
    const flaws: string[] = [];
    if (attempt > retriesOf(run.jobId) + 1) flaws.push("is one more than was allowed");
    if (isPlaceShared()) return flaws;
    if (lives.ownerOf(run.session)?.name !== life) flaws.push(`came from ${life}, whose run it is not`);
    if (run.token !== fence) flaws.push(`came with token ${fence} while the run's is ${run.token}`);
    const step = run.steps[index];
    if (step?.status !== "sending" || step.attempts !== attempt) flaws.push("was not stored before");
    const earlier = run.steps.slice(0, index);
    if (earlier.length < index || !earlier.every(isOver)) flaws.push("came before an earlier step was over");
    return flaws;
  }

  return {
    live,
    onRecord(actor, operation, before, after) {
      if (before === undefined) return inserted(actor, after);
      if (!("session" in before) || !("session" in after))
        return verdict.broken("P1", `${after.id} was ${before.status} and became ${after.status} by ${operation}`);
      const fixed = (it: MemoryRun) => [it.jobId, it.scheduledFor, it.scope, it.revision, it.trigger].join();
      if (fixed(before) !== fixed(after)) verdict.broken("P1", `${after.id} became another run by ${operation}`);
      changed(actor, before, after);
    },
    onArrival(arrival, run) {
      const { run: id, step, attempt, life } = arrival;
      const name = `attempt ${attempt} of ${id}, step ${step}, from ${life}`;
      const arrived = arrivals.get(id);
      const times = (arrived?.get(`${step}.${attempt}`) ?? 0) + 1;
      arrived?.set(`${step}.${attempt}`, times);
      const record = live.get(id);
      if (record !== undefined) {
        record.movedAt = now();
        record.hasArrived = true;
      }
      if (times > 1) verdict.broken("P3", `${name} arrived ${times} times`);
      for (const flaw of flawsOf(arrival, run)) verdict.broken("P3", `${name} ${flaw}`);
      if (!lives.mayTrust(life)) verdict.broken("P4", `${name} was sent after the trust window of its sender`);
      if (!isPlaceShared() && run !== undefined && "session" in run && lives.isOver(run.session))
        verdict.broken("P4", `${name} was sent though its sender's session is over`);
    },
  };
}

function isOver(step: Step): boolean {
  return step.status !== "sending" && step.status !== "waiting";
}
