import { localOccurrence } from "../schedule/local-occurrence.ts";
import type { CommandAction } from "../model/command.ts";
import type { Job } from "../model/job.ts";
import type { RunId } from "../model/run.ts";
import type { TakeoverStore } from "../ports/run-store.ts";
import type { JobDocument } from "../ports/job-source.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { Claims } from "./claims.ts";
import type { CommandResult } from "./commands.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { manualClaimOf, type Recorder } from "./job-plan.ts";
import type { RunRegister } from "./run-register.ts";
import type { ServerClock } from "./server-clock.ts";

export interface CommandActionsDeps {
  readonly catalog: JobCatalog;
  readonly reloadJobs: () => Promise<void>;
  /** Says in words what became of it. */
  readonly reloadConfig: () => Promise<CommandResult>;
  readonly requestStop: () => void;
  readonly claims: () => Claims | undefined;
  readonly recorder: () => Recorder | undefined;
  readonly revisions: RevisionStore;
  readonly takeovers: TakeoverStore;
  readonly register: () => RunRegister | undefined;
  readonly serverClock: ServerClock;
  readonly fleetZone: string;
}

/** What each command does. */
export function createCommandActions(deps: CommandActionsDeps) {
  const { catalog } = deps;

  async function perform(action: CommandAction, command: string): Promise<CommandResult> {
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
        return runJob(action.job, command);
      case "cancel_run":
        return cancelRun(action.run as RunId);
    }
  }

  function jobsInWords(): string {
    const all = [...catalog.documents.values()];
    const invalid = all.filter((it) => !it.parsed.ok).length;
    return `read ${all.length} jobs${invalid > 0 ? `, ${invalid} of them invalid` : ""}`;
  }

  async function runJob(idOrName: string, command: string): Promise<CommandResult> {
    await deps.reloadJobs();
    const [document, second] = catalog.find(idOrName);
    if (document === undefined) return failed(`there is no job with the id or name "${idOrName}"`);
    if (second !== undefined) return failed(`several jobs are named "${idOrName}"; give the id`);
    if (!document.parsed.ok) {
      return failed(
        `job "${document.name}" is invalid: ${document.parsed.problems.map((it) => `${it.path} ${it.message}`).join("; ")}`,
      );
    }
    return claimManual(document, document.parsed.value, command);
  }

  async function claimManual(document: JobDocument, job: Job, command: string): Promise<CommandResult> {
    const claims = deps.claims();
    const recorder = deps.recorder();
    if (claims === undefined || recorder === undefined) return failed("this agent holds no serial at present");
    await deps.revisions.keep([document]);
    const by = { ...recorder, scope: job.runOn === "all" ? recorder.machineId : undefined };
    const at = deps.serverClock.now();
    const occurrence = localOccurrence(at, job.schedule.zone ?? deps.fleetZone);
    let id: RunId | undefined;
    const build = (hasSlot: boolean) => {
      const run = manualClaimOf(job, document.revision, command, occurrence, by, hasSlot, at);
      id = run.id;
      return run;
    };
    const [outcome] = (await claims.record([{ kind: "run", build }])) ?? [];
    if (outcome === undefined) return failed("this agent stopped or lost its serial before the run was claimed");
    if (outcome.outcome === "refused") throw outcome.err;
    return ok(outcome.outcome === "inserted" ? `started run ${id}` : `run ${id} was started by another agent`);
  }

  async function cancelRun(run: RunId): Promise<CommandResult> {
    const outcome = await deps.takeovers.requestCancel(run);
    if (outcome === "unknown_run") return failed(`there is no run "${run}"`);
    if (outcome === "not_live") return failed(`run "${run}" has ended already`);
    deps.register()?.stop(run, "cancel");
    return ok(`run "${run}" was asked to stop`);
  }

  return { perform };
}

function ok(result: string): CommandResult {
  return { status: "ok", result };
}

function failed(result: string): CommandResult {
  return { status: "failed", result };
}
