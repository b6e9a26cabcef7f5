import { firstIntent } from "../chain/first-intent.ts";
import { runChain } from "../chain/run-chain.ts";
import type { Job } from "../model/job.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { EndStatus, Run, RunChange, RunEnd } from "../model/run.ts";
import { DAY_MS } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { Log } from "../ports/log.ts";
import type { WriteOutcome } from "../ports/run-store.ts";
import type { DatabaseHealth } from "./database-health.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { LiveConfig } from "./live-config.ts";
import type { RunRegister } from "./run-register.ts";
import type { RunWriter } from "./run-writer.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";
import type { Slots } from "./slots.ts";

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
  readonly isStopping: () => boolean;
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
}

type Left = "left";

export function createExecution(deps: ExecutionDeps): Execution {
  const { catalog, register, writer, slots, clock, serverClock, health, jobHealth, config, log } = deps;

  async function execute(
    run: Run,
    session: Session,
    control: AbortController,
    arrival: Arrival,
  ): Promise<RunEnd | Left> {
    const job = await health.untilAnswered(() => catalog.revision(run.revision), session.over);
    let seq = run.seq;
    const store = async (change: RunChange): Promise<WriteOutcome> => {
      const hold = { id: run.id, session: run.session, token: run.token, seq };
      const outcome = await writer.write(hold, change, keepMs(run, job, change), session.over);
      if (outcome === "stored") seq++;
      return outcome;
    };
    const endNow = async (status: EndStatus, reason: string): Promise<RunEnd | Left> => {
      const end: RunEnd = { status, reason, endAt: serverClock.now() };
      const outcome = await store({ steps: [], end });
      if (outcome === "cancel_requested") return endNow("cancelled", "cancelled by a command");
      return outcome === "stored" ? end : "left";
    };
    if (control.signal.aborted)
      return control.signal.reason === "cancel" ? endNow("cancelled", "cancelled by a command") : "left";
    if (job === undefined) return endNow("error", "the job as it was when this run was claimed is not stored any more");

    let started = run;
    let intentIsFresh = arrival === "claimed";
    if (run.status === "waiting") {
      const startAt = serverClock.now();
      const steps = firstIntent(job, run);
      const outcome = await store({ steps, startAt });
      if (outcome === "cancel_requested") return endNow("cancelled", "cancelled by a command");
      if (outcome === "lost") return "left";
      started = { ...run, status: "running", steps, startAt };
      intentIsFresh = true;
    }
    limitTime(started, job, control);
    const { secrets, redactor, http } = config();
    const result = await runChain(
      { run: started, job, intentIsFresh, secrets, defaults: http, machine: deps.identity },
      {
        http: deps.http,
        clock,
        chance: deps.chance,
        now: () => serverClock.now(),
        redactor,
        store,
        maySend: () => session.whenTrusted(control.signal),
        isStopping: deps.isStopping,
      },
      control.signal,
    );
    return result.outcome === "ended" ? result.end : "left";
  }

  function limitTime(run: Run, job: Job, control: AbortController): void {
    const startedAt = run.startAt ?? serverClock.now();
    const leftMs = Math.max(0, startedAt + job.runTimeoutMs - serverClock.now());
    void clock.sleep(leftMs, control.signal).then(() => control.abort("timeout"));
  }

  async function carry(run: Run, session: Session, control: AbortController, arrival: Arrival): Promise<void> {
    let hasSlot = arrival === "claimed";
    try {
      if (!hasSlot) {
        hasSlot = await slots.take(run.scheduledFor, control.signal);
      }
      const end = await execute(run, session, control, arrival);
      if (end !== "left") ended(run, end);
      else log.debug("this run is left to whoever holds it", { event: "run_left", run: run.id });
    } catch (err) {
      log.error("this run could not be taken further here", {
        event: "run_failed",
        run: run.id,
        job: run.jobName,
        err,
      });
    } finally {
      if (hasSlot) slots.free();
      register.leave(run.id, control);
      // Ends the timer of the run's time limit.
      control.abort("abandon");
    }
  }

  function ended(run: Run, end: RunEnd): void {
    const facts = { event: "run_ended", run: run.id, job: run.jobName, result: end.status, reason: end.reason };
    const sentence = "a run ended";
    if (end.status === "ok") log.info(sentence, facts);
    else log.warn(sentence, facts);
    jobHealth.noteEnd({ jobId: run.jobId, run: run.id, status: end.status, endAt: end.endAt }).catch((err: unknown) => {
      log.debug("the last result of the job could not be noted", { run: run.id, err });
    });
  }

  function keepMs(run: Run, job: Job | undefined, change: RunChange): number | undefined {
    if (change.end === undefined) return undefined;
    const { keepOkMs, keepFailedMs } = config().runs;
    const keep = change.end.status === "ok" ? keepOkMs : keepFailedMs;
    // A key must outlive the window in which its occurrence could be caught up.
    const reach = run.scheduledFor + (job?.catchUpWindowMs ?? 0) + DAY_MS - change.end.endAt;
    return Math.max(keep, reach);
  }

  return {
    start: (run, session, control, arrival) => void carry(run, session, control, arrival),
  };
}
