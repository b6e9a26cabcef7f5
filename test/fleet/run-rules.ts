import { type Step, type StepKey, stepKey } from "../../src/model/run.ts";
import type { Arrival } from "../support/fleet-world/scripted-target.ts";
import { hasAllBefore, isOver, stepsBefore } from "../support/fleet-world/steps-before.ts";
import type { MemoryRecord, MemoryRun } from "../support/memory/state.ts";
import type { Lives } from "./lives.ts";
import type { Verdict } from "./verdict.ts";

/** A run under way, as the checker saw it. */
export interface RunRecord {
  readonly id: string;
  readonly job: string;
  readonly scheduledFor: number;
  session: string;
  /** When anything last happened to it: a write, a change of hands, an arrival. */
  movedAt: number;
  /** When it was claimed, or waited for an earlier run of its job the last time. */
  turnAt: number;
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
  /** How often each attempt of each run arrived, by step, poll and attempt. */
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
      session: after.session,
      movedAt: now(),
      turnAt: now(),
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
    if (after.end !== undefined && lives.ownerOf(before.session)?.name === actor) checkNothingOpen(after);
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
    const [earlier, later] = [stepsByKey(before), stepsByKey(after)];
    for (const key of new Set([...earlier.keys(), ...later.keys()])) {
      const was = earlier.get(key);
      const is = later.get(key);
      if (was === is) continue;
      if (is === undefined) checkForgotten(after, key);
      else if (was === undefined) checkNotForgotten(before, key);
      else if (isOver(was)) checkKept(after, was, is);
      else if ((is.polls ?? 0) !== (was.polls ?? 0)) checkNextPoll(after, was, is);
      else if (is.attempts < was.attempts) checkGivenBack(record, was, is);
      checkIntent(after, was, is);
      const isBegun = is?.status === "sending" && (was?.status !== "sending" || is.attempts > was.attempts);
      if (isBegun && before.cancelRequested && is.part !== "finally")
        verdict.broken("P8", `${after.id}, step ${key} was begun after a cancel, and does not clean up after it`);
    }
  }

  /** An owner leaves no step of its run open; whoever ends a run in its place does. */
  function checkNothingOpen(run: MemoryRun): void {
    for (const step of run.steps)
      if (!isOver(step)) verdict.broken("P3", `${run.id} ended with step ${stepKey(step)} ${step.status}`);
  }

  /** Steps of an item are forgotten when it is over, and it is not begun again. */
  function checkForgotten(run: MemoryRun, key: StepKey): void {
    const above = [...stepsByKey(run).values()].filter((it) => key.startsWith(`${stepKey(it)}/`));
    if (!above.some(isOver)) verdict.broken("P3", `${run.id} lost step ${key}`);
  }

  function checkNotForgotten(run: MemoryRun, key: StepKey): void {
    const above = [...stepsByKey(run).values()].filter((it) => key.startsWith(`${stepKey(it)}/`));
    if (above.some(isOver)) verdict.broken("P3", `${run.id}, step ${key} was begun in an item that was over`);
  }

  function checkKept(run: MemoryRun, was: Step, is: Step): void {
    if (was.status === is.status && was.attempts === is.attempts) return;
    verdict.broken("P3", `${run.id}, step ${stepKey(was)} was ${was.status} and became ${is.status} again`);
  }

  /** The attempts of a poll are counted anew, and a poll follows the one before it. */
  function checkNextPoll(run: MemoryRun, was: Step, is: Step): void {
    if (is.polls === (was.polls ?? 0) + 1 && is.status !== "sending") return;
    verdict.broken("P3", `${run.id}, step ${stepKey(is)} went from poll ${was.polls ?? 0} to ${is.polls ?? 0}`);
  }

  /** An intent is given back only when nothing of it was sent. */
  function checkGivenBack(record: RunRecord, was: Step, is: Step): void {
    const isGivenBack = is.attempts === was.attempts - 1 && was.status === "sending" && is.status !== "sending";
    if (!isGivenBack || arrivals.get(record.id)?.has(attemptName(stepKey(was), was.polls ?? 0, was.attempts)) === true)
      verdict.broken(
        "P3",
        `${record.id}, step ${stepKey(was)} went back from attempt ${was.attempts} to ${is.attempts}`,
      );
  }

  function checkIntent(run: MemoryRun, was: Step | undefined, is: Step | undefined): void {
    if (is === undefined) return;
    if (is.parent !== undefined && is.items === undefined && isItem(run, is)) return;
    if (is.attempts > retriesOf(run.jobId) + 1)
      verdict.broken("P3", `${run.id}, step ${stepKey(is)} has ${is.attempts} attempts stored`);
    const isSamePoll = (is.polls ?? 0) === (was?.polls ?? 0);
    if (is.status === "sending" && was?.status === "sending" && isSamePoll && is.attempts <= was.attempts)
      verdict.broken("P3", `${run.id}, step ${stepKey(is)}: attempt ${is.attempts} was stored a second time`);
    if (isOver(is)) return;
    if (!hasAllBefore(run.steps, stepKey(is)) || !stepsBefore(run.steps, stepKey(is)).every(isOver))
      verdict.broken("P3", `${run.id}, step ${stepKey(is)} began before the result of an earlier step was stored`);
  }

  function flawsOf(arrival: Arrival, run: MemoryRecord | undefined): string[] {
    const { step: key, poll, attempt, fence, life } = arrival;
    if (run === undefined || !("session" in run)) return ["belongs to no run"];
    const flaws: string[] = [];
    if (attempt > retriesOf(run.jobId) + 1) flaws.push("is one more than was allowed");
    if (isPlaceShared()) return flaws;
    if (lives.ownerOf(run.session)?.name !== life) flaws.push(`came from ${life}, whose run it is not`);
    if (run.token !== fence) flaws.push(`came with token ${fence} while the run's is ${run.token}`);
    const step = stepsByKey(run).get(key);
    const isStored = step?.status === "sending" && step.attempts === attempt && (step.polls ?? 0) === poll;
    if (!isStored) flaws.push("was not stored before");
    const isItsTurn = hasAllBefore(run.steps, key) && stepsBefore(run.steps, key).every(isOver);
    if (!isItsTurn) flaws.push("came before an earlier step was over");
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
      const { run: id, step, poll, attempt, life } = arrival;
      const name = `attempt ${attempt} of ${id}, step ${step}, poll ${poll}, from ${life}`;
      const arrived = arrivals.get(id);
      const times = (arrived?.get(attemptName(step, poll, attempt)) ?? 0) + 1;
      arrived?.set(attemptName(step, poll, attempt), times);
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

function attemptName(step: StepKey, poll: number, attempt: number): string {
  return `${step} ${poll} ${attempt}`;
}

function stepsByKey({ steps }: Pick<MemoryRun, "steps">): ReadonlyMap<StepKey, Step> {
  return new Map(steps.map((it) => [stepKey(it), it]));
}

/** An item sums up the attempts of its steps when it is over. */
function isItem(run: MemoryRun, { parent }: Step): boolean {
  return run.steps.some((it) => it.items !== undefined && stepKey(it) === parent);
}
