import type { Command } from "../model/command.ts";
import type { LogLevel } from "../model/config.ts";
import type { JobPause } from "../model/pause.ts";
import type { RunId } from "../model/run.ts";
import { isoSeconds, SECOND_MS } from "../model/time.ts";
import type { PauseStore } from "../ports/pause-store.ts";
import type { TakeoverStore } from "../ports/run-store.ts";
import { backfill, type BackfillDeps } from "./backfill.ts";
import { findJob } from "./command-job.ts";
import { failed, runJob } from "./command-runs.ts";
import type { CommandResult } from "./commands.ts";

export interface CommandActionsDeps extends BackfillDeps {
  readonly reloadJobs: () => Promise<void>;
  /** Says in words what became of it. */
  readonly reloadConfig: () => Promise<CommandResult>;
  readonly requestStop: () => void;
  readonly pauses: Pick<PauseStore, "set">;
  readonly takeovers: TakeoverStore;
  /** Sets by a command whether this machine drains. */
  readonly setDraining: (isDraining: boolean, command: string) => Promise<void>;
  /** @param forMs `undefined`: until the next start */
  readonly setLogLevel: (level: LogLevel, forMs: number | undefined) => void;
}

/** What each command does. Doing it again changes nothing. */
export interface CommandActions {
  /** The commands that follow were inserted already: one reading of the jobs is fresh enough for them all. */
  beginPage(): void;
  /** `undefined`: what came of it is not known; whoever is the target next does it again. */
  perform(command: Command): Promise<CommandResult | undefined>;
}

export function createCommandActions(deps: CommandActionsDeps): CommandActions {
  const { catalog } = deps;
  let areJobsFresh = false;

  async function freshJobs(): Promise<void> {
    if (!areJobsFresh) await deps.reloadJobs();
    areJobsFresh = true;
  }

  async function perform({ id, action, target }: Command): Promise<CommandResult | undefined> {
    switch (action.type) {
      case "ping":
        return ok("pong");
      case "reload_jobs":
        await deps.reloadJobs();
        return ok(jobsInWords());
      case "reload_config":
        return deps.reloadConfig();
      case "refresh": {
        await deps.reloadJobs();
        const config = await deps.reloadConfig();
        return { ...config, result: `${jobsInWords()}; ${config.result}` };
      }
      case "stop":
        return { status: "ok", result: "stopping", afterwards: deps.requestStop };
      case "run_job":
        await freshJobs();
        return runJob(deps, action, { id, target });
      case "cancel_run":
        return cancelRun(action.run as RunId);
      case "pause_job":
        return pauseJob(action.job, { until: action.until }, id);
      case "resume_job":
        return pauseJob(action.job, undefined, id);
      case "backfill":
        await freshJobs();
        return backfill(deps, action.job, action.times, target);
      case "drain":
      case "undrain":
        return drain(action.type === "drain", id);
      case "log_level":
        deps.setLogLevel(action.level, action.forMs);
        return ok(`the log level is ${action.level} ${lengthInWords(action.forMs)}`);
    }
  }

  function jobsInWords(): string {
    const all = [...catalog.documents.values()];
    const invalid = all.filter((it) => !it.parsed.ok).length;
    return `read ${all.length} jobs${invalid > 0 ? `, ${invalid} of them invalid` : ""}`;
  }

  async function cancelRun(run: RunId): Promise<CommandResult> {
    const outcome = await deps.takeovers.requestCancel(run, "cancelled by a command");
    if (outcome === "unknown_run") return failed(`there is no run "${run}"`);
    if (outcome === "not_live") return failed(`run "${run}" has ended already`);
    deps.life()?.register.stop(run, "cancel");
    return ok(`run "${run}" was asked to stop`);
  }

  /** The pause counts for this agent at once, for the others when they read the jobs next: at the next minute. */
  async function pauseJob(idOrName: string, pause: JobPause | undefined, command: string): Promise<CommandResult> {
    await freshJobs();
    const found = findJob(catalog, idOrName);
    if (!found.ok) return failed(found.why);
    const { id, name } = found.value;
    await deps.pauses.set(id, pause, command);
    await deps.reloadJobs();
    if (pause === undefined) return ok(`job "${name}" is not paused any more`);
    const end = pause.until === undefined ? "until it is resumed" : `until ${isoSeconds(pause.until)}`;
    return ok(`job "${name}" is paused ${end}`);
  }

  async function drain(isDraining: boolean, command: string): Promise<CommandResult> {
    await deps.setDraining(isDraining, command);
    const running = deps.life()?.register.size ?? 0;
    if (!isDraining) return ok("this machine takes runs again");
    return ok(`this machine begins no more runs; ${running === 0 ? "none is" : `${running} still`} going on`);
  }

  return {
    beginPage() {
      areJobsFresh = false;
    },
    perform,
  };
}

function lengthInWords(forMs: number | undefined): string {
  return forMs === undefined ? "until this agent is started again" : `for ${forMs / SECOND_MS} seconds`;
}

function ok(result: string): CommandResult {
  return { status: "ok", result };
}
