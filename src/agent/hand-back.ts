import type { Job } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import type { Run, RunHold } from "../model/run.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { HandingBack, TakeoverStore } from "../ports/run-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import { runTakenOver } from "./fleet-evidence.ts";
import { gathered } from "./gathered.ts";
import { heirOf } from "./heir.ts";
import type { Session } from "./session.ts";

/** Runs that are handed back in one write: an agent may stop while thousands wait. */
const TOGETHER_MAX = 250;
/** For how long the others are known; a stop may hand back many runs at once. */
const LIVING_KNOWN_MS = SECOND_MS;

export interface HandBackDeps {
  readonly serials: SerialStore;
  readonly takeovers: TakeoverStore;
  readonly session: Session;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly log: Log;
}

/** How an owner lets go of its runs. Whoever gets one finds it in its own name at its next scan. */
export interface HandBack {
  /**
   * At a clean stop, after the last write into the run. Where nobody may go on with it at present, it is left in our
   * name with a mark and waits for the leader. A step in doubt with `on_agent_loss: "fail"` is left as it is: the run
   * ends when our session does. @throws {StoreUnavailableError}
   */
  letGo(run: Run, job: Job | undefined, hold: RunHold, isInDoubt: boolean): Promise<void>;
  /**
   * A run that has not begun, to another that may begin it. True when it is ours no more; false: there is nobody.
   * @throws {StoreUnavailableError}
   */
  giveAway(run: Run, job: Job, hold: RunHold): Promise<boolean>;
}

export function createHandBack({ serials, takeovers, session, events, clock, log }: HandBackDeps): HandBack {
  const handBack = gathered(TOGETHER_MAX, (returns: readonly HandingBack[]) => takeovers.handBack(returns));
  let living: { readonly others: Promise<readonly Member[]>; readonly readAt: number } | undefined;

  function readOthers(): Promise<readonly Member[]> {
    if (living !== undefined && clock.monotonicNow() - living.readAt < LIVING_KNOWN_MS) return living.others;
    const others = serials.readHeld().then((held) => held.filter((it) => it.session !== session.lease.session));
    living = { others, readAt: clock.monotonicNow() };
    return others;
  }

  async function pass(run: Run, hold: RunHold, heir: Member | undefined, isInDoubt: boolean): Promise<boolean> {
    if (!(await handBack({ hold, to: heir, isUntouched: !isInDoubt }))) return false;
    if (heir !== undefined) events.record(runTakenOver(run, heir));
    const to_serial = heir?.serial ?? null;
    log.info("a run was handed back, for another to go on with", { event: "run_handed_back", run: run.id, to_serial });
    return true;
  }

  return {
    async letGo(run, job, hold, isInDoubt) {
      if (isInDoubt && job?.onAgentLoss === "fail") return;
      const heir = heirOf(run, job, await readOthers());
      if (heir !== undefined || !isInDoubt) await pass(run, hold, heir, isInDoubt);
    },
    async giveAway(run, job, hold) {
      const heir = heirOf(run, job, await readOthers());
      if (heir === undefined) return false;
      // A hold that is over: an earlier try gave it away, or it was taken from us. Either way we hold it no more.
      await pass(run, hold, heir, false);
      return true;
    },
  };
}
