import type { Job, JobId } from "../model/job.ts";
import type { LiveRun, Run } from "../model/run.ts";
import { SECOND_MS } from "../model/time.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { TakeoverStore } from "../ports/run-store.ts";
import { earlierThan, waitsForEarlier } from "../schedule/overlap.ts";
import type { DatabaseHealth } from "./database-health.ts";
import type { RunRegister } from "./run-register.ts";
import { createWaker } from "./waker.ts";

/** How often it is looked whether earlier runs have ended on other machines. */
const LOOK_EVERY_MS = SECOND_MS;

export interface EarlierRunsDeps {
  readonly claimStore: ClaimStore;
  readonly takeovers: TakeoverStore;
  readonly register: RunRegister;
  readonly health: DatabaseHealth;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Holds runs back until no earlier run of their job is live (overlap "queue" and "replace"). Whoever holds a waiting
 * run looks for itself, so a run that changes hands goes on waiting. No earlier run can appear later on: a minute is
 * looked at only when every earlier one has its record.
 */
export interface EarlierRuns {
  /** Resolves when the run need wait for no other, or when the signal aborts. */
  untilOver(run: Run, job: Job, signal: AbortSignal): Promise<void>;
  /** A run of this job has ended here: who waits for it looks at once. */
  noteEnd(job: JobId): void;
}

interface Waiting {
  readonly run: Run;
  readonly replaces: boolean;
  readonly goOn: () => void;
}

export function createEarlierRuns(deps: EarlierRunsDeps): EarlierRuns {
  const { claimStore, takeovers, register, health, clock, log } = deps;
  const waiting = new Set<Waiting>();
  const waker = createWaker(clock);
  let isWatching = false;
  /** Aborts when nobody waits any more. */
  let nobodyWaits = new AbortController();

  async function look(): Promise<void> {
    for (const scope of new Set([...waiting].map((it) => it.run.scope))) {
      const here = [...waiting].filter((it) => it.run.scope === scope);
      const live = inLines(await claimStore.liveRuns([...new Set(here.map((it) => it.run.jobId))], scope));
      for (const it of here) await lookFor(it, live.get(lineOf(it.run)) ?? []);
    }
  }

  async function lookFor({ run, replaces, goOn }: Waiting, line: readonly LiveRun[]): Promise<void> {
    const [first] = line;
    if (first === undefined || first.scheduledFor >= run.scheduledFor) return goOn();
    if (!replaces) return;
    const reason = `replaced by a later run of this job (${run.id}); overlap is "replace"`;
    for (const { id, cancelRequested } of earlierThan(run, line)) {
      if (!cancelRequested) await takeovers.requestCancel(id, reason);
      register.stop(id, "cancel");
    }
  }

  async function watch(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (waiting.size > 0) {
      nobodyWaits = new AbortController();
      try {
        await health.untilAnswered(look, nobodyWaits.signal);
      } catch (err) {
        log.error("looking for the end of earlier runs failed; it is tried again", { event: "queue_failed", err });
      }
      await waker.wait(LOOK_EVERY_MS, nobodyWaits.signal);
    }
    isWatching = false;
  }

  return {
    async untilOver(run, job, signal) {
      if (!waitsForEarlier(job.overlap, run) || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const goOn = (): void => {
          signal.removeEventListener("abort", goOn);
          waiting.delete(entry);
          if (waiting.size === 0) nobodyWaits.abort();
          resolve();
        };
        const entry: Waiting = { run, replaces: run.trigger === "schedule" && job.overlap === "replace", goOn };
        waiting.add(entry);
        signal.addEventListener("abort", goOn, { once: true });
        waker.wake();
        void watch();
      });
    },
    noteEnd(job) {
      if ([...waiting].some((it) => it.run.jobId === job)) waker.wake();
    },
  };
}

/** Runs of one job and kind start one after the other. */
function lineOf({ jobId, trigger }: Pick<LiveRun, "jobId" | "trigger">): string {
  return `${trigger} ${jobId}`;
}

function inLines(live: readonly LiveRun[]): ReadonlyMap<string, readonly LiveRun[]> {
  const lines = new Map<string, LiveRun[]>();
  for (const it of live) {
    const line = lines.get(lineOf(it)) ?? [];
    line.push(it);
    lines.set(lineOf(it), line);
  }
  return lines;
}
