import { CANCELLED_REASON } from "../chain/run-record.ts";
import type { SerialSighting, SessionId } from "../model/member.ts";
import type { Job } from "../model/job.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import type { Run, RunEnd, RunHold, RunId } from "../model/run.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { RunStore, TakeoverStore, WriteOutcome } from "../ports/run-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Execution } from "./execution.ts";
import { heirOf, whyNoHeir } from "./heir.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { runTakenOver } from "./fleet-evidence.ts";
import { endedRunKeepMs } from "./keeping.ts";
import type { LiveConfig } from "./live-config.ts";
import type { RunRegister } from "./run-register.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";

/** A run that has changed hands this often is given up: something about it kills agents. */
const TAKEOVERS_MAX = 5;
/** A run that nobody may go on with is looked at again after this, or when somebody came, went or asked for its end. */
const HEIRLESS_AGAIN_MS = 10 * SECOND_MS;

export interface TakeoverDeps {
  readonly store: TakeoverStore;
  readonly runs: RunStore;
  readonly serials: SerialStore;
  readonly jobHealth: JobHealthStore;
  readonly catalog: JobCatalog;
  readonly register: RunRegister;
  readonly execution: Execution;
  readonly config: () => LiveConfig;
  readonly serverClock: ServerClock;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
}

/** How runs of dead sessions go on. */
export interface Takeover {
  /** The leader's part: every live run of a dead session gets a living owner, or its end. @throws {StoreUnavailableError} */
  handOut(session: Session): Promise<void>;
  /** Everybody's part: live runs in our name that we do not know of are taken, cancels are noticed. @throws {StoreUnavailableError} */
  takeOwn(session: Session): Promise<void>;
}

export function createTakeover(deps: TakeoverDeps): Takeover {
  const { store, runs, serials, jobHealth, catalog, register, execution, serverClock, clock, events, log } = deps;
  /** Runs that wait for somebody who may go on with them, and when each is looked at again. */
  const heirless = new Map<RunId, number>();
  let livingThen = "";

  /** Whoever may begin runs and what jobs choose them by; heartbeats make no difference. */
  function noteLiving(living: readonly SerialSighting[]): void {
    const facts = living.map(({ session, labels, isDraining }) => [session, labels, isDraining]);
    const now = JSON.stringify(facts);
    if (now !== livingThen) heirless.clear();
    livingThen = now;
  }

  /** Whole documents of runs are read only when there may be something to do with one of them. */
  async function runsToHandOut(dead: SessionId): Promise<readonly Run[]> {
    const now = clock.monotonicNow();
    const holds = await store.liveHoldsOf(dead);
    const isWaiting = ({ id, cancelRequested }: (typeof holds)[number]) =>
      !cancelRequested && (heirless.get(id) ?? now) > now;
    return holds.every(isWaiting) ? [] : store.liveRunsOf(dead);
  }

  async function handOutRun(run: Run, living: readonly SerialSighting[]): Promise<void> {
    heirless.delete(run.id);
    const job = await catalog.revision(run.revision);
    if (run.takeovers >= TAKEOVERS_MAX) {
      return giveUp(run, job, "unknown", `it lost its agent ${run.takeovers + 1} times; given up`);
    }
    if (job?.onAgentLoss === "fail" && run.status === "running" && !run.handedBack)
      return giveUp(run, job, "interrupted", `its agent stopped or died; on_agent_loss is "fail"`);
    const owner = heirOf(run, job, living);
    if (owner === undefined) {
      // The time that a backfill's run makes up for may lie as far back as anybody likes.
      const since = run.trigger === "backfill" ? run.claimedAt : run.scheduledFor;
      const waitsUntil = since + (job?.catchUpWindowMs ?? DAY_MS);
      if (run.cancelRequested || serverClock.now() > waitsUntil)
        await giveUp(run, job, "interrupted", whyNoHeir(run, job, living));
      else heirless.set(run.id, clock.monotonicNow() + HEIRLESS_AGAIN_MS);
      return;
    }
    if (!(await store.reassign(run, owner))) return;
    const facts = { run: run.id, job: run.jobName, from_session: run.session, to_serial: owner.serial };
    log.warn("a run of a dead agent was handed to a living one", { event: "run_taken_over", ...facts });
    events.record(runTakenOver(run, owner));
  }

  async function giveUp(
    run: Run,
    job: Job | undefined,
    status: "unknown" | "interrupted",
    reason: string,
  ): Promise<void> {
    const end: RunEnd = { status, reason, endAt: serverClock.now() };
    let ended = end;
    let outcome = await writeEnd(run, job, end);
    if (outcome === "cancel_requested") {
      ended = { ...end, status: "cancelled", reason: CANCELLED_REASON };
      outcome = await writeEnd(run, job, ended);
    }
    if (outcome !== "stored") return;
    const facts = { run: run.id, job: run.jobName, result: ended.status, reason: ended.reason };
    log.warn("a run of a dead agent was ended", { event: "run_ended", ...facts });
    await jobHealth.noteEnd({ jobId: run.jobId, run: run.id, status: ended.status, endAt: ended.endAt });
  }

  async function writeEnd(run: Run, job: Job | undefined, end: RunEnd): Promise<WriteOutcome | undefined> {
    const keepMs = endedRunKeepMs(run, end, job?.catchUpWindowMs, deps.config().runs);
    const [outcome] = await runs.write([{ hold: run, change: { steps: [], end }, keepMs }]);
    return outcome;
  }

  async function takeOne(hold: RunHold, session: Session): Promise<void> {
    const control = register.enter(hold.id);
    if (control === undefined) return;
    const run = await store.adopt(hold).catch((err: unknown) => {
      register.leave(hold.id, control);
      throw err;
    });
    if (run === undefined) return register.leave(hold.id, control);
    if (run.cancelRequested) control.abort("cancel");
    log.info("going on with a run that came to this agent", {
      event: "run_resumed",
      run: run.id,
      job: run.jobName,
      takeovers: run.takeovers,
    });
    execution.start(run, session, control, "resumed");
  }

  /** What is refused for one run holds up no other; the next scan looks at it again. */
  async function alone(run: RunId, part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (err) {
      if (err instanceof StoreUnavailableError) throw err;
      log.error("a run could not be handed on; the others are, and it is tried again", {
        event: "takeover_failed",
        run,
        err,
      });
    }
  }

  return {
    async handOut(session) {
      // Live runs first, serials second: a session that joins in between is not taken for dead.
      const holders = await store.sessionsWithLiveRuns();
      if (holders.every((it) => it === session.lease.session)) return;
      const living = await serials.readHeld();
      noteLiving(living);
      const alive = new Set<SessionId>(living.map((it) => it.session));
      for (const dead of holders) {
        if (alive.has(dead)) continue;
        await sideBySide(await runsToHandOut(dead), (run) => alone(run.id, () => handOutRun(run, living)));
      }
    },
    async takeOwn(session) {
      const unknown: RunHold[] = [];
      for (const hold of await store.liveHoldsOf(session.lease.session)) {
        if (!register.has(hold.id)) unknown.push(hold);
        else if (hold.cancelRequested) register.stop(hold.id, "cancel");
      }
      await sideBySide(unknown, (hold) => alone(hold.id, () => takeOne(hold, session)));
    },
  };
}
