import { firstIntent } from "../chain/flow/first-intent.ts";
import { runChain } from "../chain/flow/run-chain.ts";
import { CANCELLED_REASON } from "../chain/record/run-record.ts";
import type { TokenCache } from "../chain/request/token-cache.ts";
import type { Job } from "../model/job.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { EndStatus, Run, RunChange, RunEnd } from "../model/run.ts";
import { type EpochMs, HOUR_MS, SECOND_MS } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { Log } from "../ports/log.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { TakeoverStore } from "../ports/run-store.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import { readTime } from "../schedule/read-time.ts";
import type { DatabaseHealth } from "./database-health.ts";
import { createCalledJobs } from "./called-jobs.ts";
import { openCleaningTime } from "./cleaning-time.ts";
import { createEarlierRuns } from "./earlier-runs.ts";
import { firstOf } from "./first-of.ts";
import type { HandBack } from "./hand-back.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { endedRunKeepMs } from "./keeping.ts";
import type { LiveConfig } from "./live-config.ts";
import { longestPauseMs } from "./longest-pause.ts";
import { onlyWaits } from "./only-waits.ts";
import { createRunPen, type RunPen } from "./run-pen.ts";
import type { RunRegister } from "./run-register.ts";
import { createRunTime, type RunTime } from "./run-time.ts";
import type { RunWriter } from "./run-writer.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";
import { createSlotHold, type SlotHold } from "./slot-hold.ts";
import { slotSavingHttp } from "./slot-saving-http.ts";
import type { Slots } from "./slots.ts";
import { untilDue } from "./until-due.ts";
import { widelyHeard } from "../chain/widely-heard.ts";

/** A pause shorter than this is not worth giving a slot away and waiting for it again. */
const SLOT_KEPT_MS = 250;
/** No run is due longer than this after it was claimed: jitter goes no further. */
const DUE_WAIT_MS_MAX = HOUR_MS;
/** How often a machine that drains tries to give a waiting run to another. */
const GIVE_AWAY_AGAIN_MS = SECOND_MS;
const NOBODY_TOOK_IT = "its machine is draining, and no other could begin it within the catch-up window";

export interface ExecutionDeps {
  readonly identity: MachineIdentity;
  readonly catalog: JobCatalog;
  readonly register: RunRegister;
  readonly writer: RunWriter;
  readonly slots: Slots;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly serverClock: ServerClock;
  readonly health: DatabaseHealth;
  readonly jobHealth: JobHealthStore;
  readonly config: () => LiveConfig;
  readonly claimStore: ClaimStore;
  readonly takeovers: TakeoverStore;
  readonly revisions: RevisionStore;
  readonly handBack: HandBack;
  /** OAuth 2 tokens, kept from one session of this agent to the next. */
  readonly tokens: TokenCache;
  /** The zone of jobs that name none. */
  readonly fleetZone: string;
  /** Begin no run that nobody asked this machine for. */
  readonly isDraining: () => boolean;
  /** Aborts when the agent is to stop: begin no further step. */
  readonly stopping: AbortSignal;
  readonly log: Log;
}

/**
 * How a run came here: claimed with its first intent stored and a slot in hand, claimed without, or handed over.
 */
type Arrival = "claimed" | "waiting" | "resumed";

/** Takes runs of a session to their end, or to where somebody else must go on. */
export interface Execution {
  /** The run is in the register already, under this controller. Never rejects. */
  start(run: Run, session: Session, control: AbortController, arrival: Arrival): void;
  /** To be called when this machine may have begun to drain, or ended it: runs that have not begun go to others. */
  noteDraining(): void;
  /** How many runs have begun and not ended, pauses included. */
  readonly underWay: number;
}

type Left = "left";

/** A run that this agent carries, and what it carries it with. */
interface Carried {
  readonly run: Run;
  readonly job: Job | undefined;
  readonly session: Session;
  readonly control: AbortController;
  /** Aborts when the run is stopped or the agent stops: the end of every wait in which nothing is sent. */
  readonly waits: AbortSignal;
  readonly slot: SlotHold;
  readonly pen: RunPen;
  readonly arrival: Arrival;
}

export function createExecution(deps: ExecutionDeps): Execution {
  const { catalog, register, writer, slots, clock, serverClock, health, jobHealth, config, stopping, log } = deps;
  const earlierRuns = createEarlierRuns(deps);
  const now = () => serverClock.now();
  let underWay = 0;
  /** Aborts while this machine drains. */
  let drained = widelyHeard();

  async function carry(run: Run, session: Session, control: AbortController, arrival: Arrival): Promise<void> {
    const waits = firstOf(control.signal, stopping);
    const slot = createSlotHold(slots, arrival === "claimed");
    try {
      const job = await health.untilAnswered(() => catalog.revision(run.revision), session.over);
      const pen = createRunPen(run, (hold, change) =>
        writer.write(hold, change, keepMs(run, job, change), session.over),
      );
      const carried = { run, job, session, control, waits: waits.signal, slot, pen, arrival };
      const way = job !== undefined && run.status === "waiting" ? await untilMayBegin(carried, job) : "begin";
      // A run that came here asleep takes a slot when it wakes.
      const isAsleep = job !== undefined && onlyWaits(run, job, now());
      if (way === "begin" && !isAsleep) await slot.take(run.dueAt, waits.signal);
      const end = way === "begin" ? await execute(carried) : way;
      if (end !== "left") ended(run, end);
      else await leave(carried);
    } catch (err) {
      log.error("this run could not be taken further here", {
        event: "run_failed",
        run: run.id,
        job: run.jobName,
        err,
      });
    } finally {
      slot.free();
      waits.release();
      register.leave(run.id, control);
      earlierRuns.noteEnd(run.jobId);
      // Ends the timer of the run's time limit.
      control.abort("abandon");
    }
  }

  /** Waits for the time of a run and for earlier ones, without a slot; a machine that drains gives it to another. */
  async function untilMayBegin({ run, session, pen, waits }: Carried, job: Job): Promise<RunEnd | Left | "begin"> {
    for (;;) {
      const early = firstOf(waits, drained.signal);
      await untilDue(run.dueAt, DUE_WAIT_MS_MAX, { clock, now }, early.signal);
      await earlierRuns.untilOver(run, job, early.signal);
      early.release();
      if (waits.aborted || run.trigger === "manual" || !deps.isDraining()) return "begin";
      if (await health.untilAnswered(() => deps.handBack.giveAway(run, job, pen.hold), session.over)) return "left";
      if (now() > run.dueAt + job.catchUpWindowMs) return endNow(pen, "interrupted", NOBODY_TOOK_IT);
      await clock.sleep(GIVE_AWAY_AGAIN_MS, waits);
    }
  }

  async function execute(carried: Carried): Promise<RunEnd | Left> {
    const { run, job, session, control, pen, arrival } = carried;
    if (control.signal.aborted && (run.status === "waiting" || job === undefined))
      return control.signal.reason === "cancel" ? endNow(pen, "cancelled") : "left";
    if (job === undefined)
      return endNow(pen, "error", "the job as it was when this run was claimed is not stored any more");
    if (stopping.aborted && run.status === "waiting") return "left";
    let started = run;
    if (run.status === "waiting") {
      const startAt = now();
      const steps = firstIntent(job, run);
      const outcome = await pen.store({ steps, startAt });
      if (outcome === "cancel_requested") return endNow(pen, "cancelled");
      if (outcome === "lost") return "left";
      started = { ...run, status: "running", steps, startAt };
    }
    limitTime(started, job, control);
    const jobs = createCalledJobs(catalog, deps.revisions, health, session.over);
    const time = createRunTime(now);
    const { secrets, redactor, http } = config();
    const intentIsFresh = arrival === "claimed" || run.status === "waiting";
    underWay++;
    try {
      const result = await runChain(
        { run: started, job, intentIsFresh, secrets, defaults: http, machine: deps.identity },
        {
          http: slotSavingHttp(deps.http, carried.slot, now),
          pause: (until, signal) => pause(until, longestPauseMs(job), signal, carried.slot, time),
          chance: deps.chance,
          now: () => time.now(),
          redactor,
          store: (change) => pen.store(change),
          maySend: (signal) => session.whenTrusted(signal),
          isStopping: () => stopping.aborted,
          jobs,
          readTime: (text, after, zone) => readTime(text, after, zone ?? deps.fleetZone),
          tokens: deps.tokens,
          openCleaning: () => openCleaningTime(clock, register.abandoned),
        },
        control.signal,
      );
      return result.outcome === "ended" ? result.end : "left";
    } finally {
      underWay--;
    }
  }

  async function endNow(pen: RunPen, status: EndStatus, reason = CANCELLED_REASON): Promise<RunEnd | Left> {
    const end: RunEnd = { status, reason, endAt: now() };
    const outcome = await pen.store({ steps: [], end });
    if (outcome === "cancel_requested") return endNow(pen, "cancelled");
    return outcome === "stored" ? end : "left";
  }

  /** A branch of a run that waits keeps nobody from a slot. */
  async function pause(
    until: EpochMs,
    longestMs: number,
    signal: AbortSignal,
    slot: SlotHold,
    time: RunTime,
  ): Promise<void> {
    const waits = firstOf(signal, stopping);
    const isLong = until - time.now() >= SLOT_KEPT_MS;
    if (isLong) slot.beginRest();
    await untilDue(until, longestMs, { clock, now: () => time.now() }, waits.signal);
    if (!waits.signal.aborted) time.reach(until);
    await slot.take(until, waits.signal);
    if (isLong) slot.endRest();
    waits.release();
  }

  function limitTime(run: Run, job: Job, control: AbortController): void {
    const startedAt = run.startAt ?? now();
    // A server clock that was set back makes no run longer.
    const leftMs = Math.min(job.runTimeoutMs, Math.max(0, startedAt + job.runTimeoutMs - now()));
    // Whoever gets it after its time begins nothing of it but the cleaning up.
    if (leftMs === 0) return control.abort("timeout");
    void clock.sleep(leftMs, control.signal).then(() => control.abort("timeout"));
  }

  /** Whoever stops gives its runs to others; else somebody else has it already. */
  async function leave({ run, job, session, pen }: Carried): Promise<void> {
    log.debug("this run is left to whoever holds it", { event: "run_left", run: run.id });
    if (!stopping.aborted || session.over.aborted) return;
    await health.untilAnswered(() => deps.handBack.letGo(run, job, pen.hold, pen.isInDoubt), session.over);
  }

  function ended(run: Run, end: RunEnd): void {
    // Who asked to cancel it may have given a reason, which stands in the record alone.
    const reason = end.status === "cancelled" ? "somebody asked for it; the record of the run says why" : end.reason;
    const facts = { event: "run_ended", run: run.id, job: run.jobName, result: end.status, reason };
    const sentence = "a run ended";
    if (end.status === "ok" || end.status === "cancelled") log.info(sentence, facts);
    else log.warn(sentence, facts);
    jobHealth.noteEnd({ jobId: run.jobId, run: run.id, status: end.status, endAt: end.endAt }).catch((err: unknown) => {
      log.debug("the last result of the job could not be noted", { run: run.id, err });
    });
  }

  function keepMs(run: Run, job: Job | undefined, change: RunChange): number | undefined {
    if (change.end === undefined) return undefined;
    return endedRunKeepMs(run, change.end, job?.catchUpWindowMs, config().runs);
  }

  return {
    start: (run, session, control, arrival) => void carry(run, session, control, arrival),
    noteDraining() {
      if (deps.isDraining()) drained.abort();
      else if (drained.signal.aborted) drained = widelyHeard();
    },
    get underWay() {
      return underWay;
    },
  };
}
