import { CANCELLED_REASON } from "../chain/record/run-record.ts";
import type { Member, SerialSighting, SessionId } from "../model/member.ts";
import type { Job } from "../model/job.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import type { Run, RunEnd, RunHold, RunId } from "../model/run.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { Reassignment, RunStore, TakeoverStore, WriteOutcome } from "../ports/run-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Execution } from "./execution.ts";
import { heirOf, whyNoHeir } from "./heir.ts";
import { onlyWaits } from "./only-waits.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { runTakenOver } from "./fleet-evidence.ts";
import { endedRunKeepMs } from "./keeping.ts";
import type { LiveConfig } from "./live-config.ts";
import type { RunRegister } from "./run-register.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";

/** A run that has changed hands this often is given up: something about it kills agents. */
const TAKEOVERS_MAX = 5;
/** Runs that change hands in one write. */
const TOGETHER_MAX = 250;
/** A run that nobody may go on with is looked at again after this, or when somebody came, went or asked for its end. */
const HEIRLESS_AGAIN_MS = 10 * SECOND_MS;

interface Move extends Reassignment {
  readonly hold: Run;
  readonly to: Member;
}

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
  /** Runs under way that nobody may go on with: whose they were, and since when that is known. */
  const orphans = new Map<RunId, { readonly dead: SessionId; readonly since: number }>();
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

  /** Where one of these runs is to go; `undefined`: nowhere for the present, or it has come to its end here. */
  async function placeOf(run: Run, living: readonly SerialSighting[]): Promise<Move | undefined> {
    heirless.delete(run.id);
    const job = await catalog.revision(run.revision);
    if (run.takeovers >= TAKEOVERS_MAX) {
      await giveUp(run, job, "unknown", `it lost its agent ${run.takeovers + 1} times; given up`);
      return undefined;
    }
    if (job?.onAgentLoss === "fail" && run.status === "running" && !run.handedBack) {
      await giveUp(run, job, "interrupted", `its agent stopped or died; on_agent_loss is "fail"`);
      return undefined;
    }
    const owner = heirOf(run, job, living);
    if (owner === undefined) {
      if (run.cancelRequested || hasWaitedLongEnough(run, job))
        await giveUp(run, job, "interrupted", whyNoHeir(run, job, living));
      else heirless.set(run.id, clock.monotonicNow() + HEIRLESS_AGAIN_MS);
      return undefined;
    }
    orphans.delete(run.id);
    // What only waited did not end its agent.
    return { hold: run, to: owner, isCounted: job === undefined || !onlyWaits(run, job, serverClock.now()) };
  }

  /** One that has not begun is late since its time; one under way is without its agent since this leader saw it so. */
  function hasWaitedLongEnough(run: Run, job: Job | undefined): boolean {
    const windowMs = job?.catchUpWindowMs ?? DAY_MS;
    if (run.status === "running") return clock.monotonicNow() - orphanedAt(run) > windowMs;
    // The time that a backfill's run makes up for may lie as far back as anybody likes.
    return serverClock.now() > (run.trigger === "backfill" ? run.claimedAt : run.scheduledFor) + windowMs;
  }

  function orphanedAt(run: Run): number {
    const known = orphans.get(run.id);
    const orphan = known?.dead === run.session ? known : { dead: run.session, since: clock.monotonicNow() };
    orphans.set(run.id, orphan);
    return orphan.since;
  }

  async function handOutRuns(some: readonly Run[], living: readonly SerialSighting[]): Promise<void> {
    const moves: Move[] = [];
    await sideBySide(some, (run) =>
      alone(run.id, async () => {
        const move = await placeOf(run, living);
        if (move !== undefined) moves.push(move);
      }),
    );
    await eachAlone(moves, (it) => it.hold.id, reassign);
  }

  async function reassign(moves: readonly Move[]): Promise<void> {
    const moved = await store.reassign(moves);
    moves.forEach(({ hold: run, to }, index) => {
      if (moved[index] !== true) return;
      const facts = { run: run.id, job: run.jobName, from_session: run.session, to_serial: to.serial };
      log.warn("a run of a dead agent was handed to a living one", { event: "run_taken_over", ...facts });
      events.record(runTakenOver(run, to));
    });
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
    orphans.delete(run.id);
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

  async function take(holds: readonly RunHold[], session: Session): Promise<void> {
    const entries = holds.flatMap((hold) => {
      const control = register.enter(hold.id);
      return control === undefined ? [] : [{ hold, control }];
    });
    let runs: readonly (Run | undefined)[] = [];
    try {
      runs = await store.adopt(entries.map((it) => it.hold));
    } finally {
      entries.forEach(({ hold, control }, index) => {
        const run = runs[index];
        if (run === undefined) register.leave(hold.id, control);
        else goOn(run, control, session);
      });
    }
  }

  function goOn(run: Run, control: AbortController, session: Session): void {
    if (run.cancelRequested) control.abort("cancel");
    log.info("going on with a run that came to this agent", {
      event: "run_resumed",
      run: run.id,
      job: run.jobName,
      takeovers: run.takeovers,
    });
    execution.start(run, session, control, "resumed");
  }

  /** In batches; what MongoDB refuses together is tried one by one, so that it holds up no other run. */
  async function eachAlone<Item>(
    items: readonly Item[],
    idOf: (item: Item) => RunId,
    act: (some: readonly Item[]) => Promise<void>,
  ): Promise<void> {
    for (let from = 0; from < items.length; from += TOGETHER_MAX) {
      const some = items.slice(from, from + TOGETHER_MAX);
      try {
        await act(some);
      } catch (err) {
        if (err instanceof StoreUnavailableError) throw err;
        for (const it of some) await alone(idOf(it), () => act([it]));
      }
    }
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
        await handOutRuns(await runsToHandOut(dead), living);
      }
    },
    async takeOwn(session) {
      const unknown: RunHold[] = [];
      for (const hold of await store.liveHoldsOf(session.lease.session)) {
        if (!register.has(hold.id)) unknown.push(hold);
        else if (hold.cancelRequested) register.stop(hold.id, "cancel");
      }
      await eachAlone(
        unknown,
        (it) => it.id,
        (some) => take(some, session),
      );
    },
  };
}
