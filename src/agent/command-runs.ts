import { isEligible, whyNobody } from "../membership/eligible.ts";
import { type CommandAction, type CommandTarget, isForOne } from "../model/command.ts";
import type { Job } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import { type Run, type RunId } from "../model/run.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import { localOccurrence } from "../schedule/local-occurrence.ts";
import type { Draft } from "./claims.ts";
import { findValidJob, type Found } from "./command-job.ts";
import type { CommandResult } from "./commands.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { givenTo, manualClaimOf, type Recorder } from "./job-plan.ts";
import type { Life } from "./life.ts";
import type { ServerClock } from "./server-clock.ts";

export interface CommandRunsDeps {
  readonly catalog: JobCatalog;
  readonly life: () => Life | undefined;
  readonly revisions: RevisionStore;
  readonly serverClock: ServerClock;
  readonly fleetZone: string;
}

/** Where a command's runs are made: in whose session, and in which scope. */
export interface RunsPlace {
  readonly by: Recorder;
  /** Whose runs they become; `undefined`: this agent's own. */
  readonly giveTo: Member | undefined;
}

/**
 * Where the runs go that a command asks for. A command for the leader, or for whoever holds a serial, may be looked at
 * by several agents in turn, so its runs are in the scope of the fleet and it is left to `where` who begins them; else
 * the person has chosen the machine.
 */
export function placeRuns(job: Job, target: CommandTarget, life: Life): Found<RunsPlace> {
  const self = life.self();
  const by = { ...life.recorder, scope: job.runOn === "all" && !isForOne(target) ? self.machineId : undefined };
  if (target.kind !== "leader") {
    if (!self.isDraining) return { ok: true, value: { by, giveTo: undefined } };
    return { ok: false, why: `this machine is draining; end it with: fleetcron machine undrain ${self.machineId}` };
  }
  if (isEligible(job.where, self)) return { ok: true, value: { by, giveTo: undefined } };
  const members = life.members();
  const [giveTo] = members
    .filter((it) => it.session !== self.session && isEligible(job.where, it))
    .sort((a, b) => a.serial - b.serial);
  if (giveTo !== undefined) return { ok: true, value: { by, giveTo } };
  return { ok: false, why: whyNobody(job.where, members) };
}

/** A run as it is to be recorded. */
export function draftOf({ giveTo }: RunsPlace, waits: boolean, build: (hasSlot: boolean) => Run): Draft {
  if (giveTo !== undefined) return { kind: "given", record: givenTo(giveTo, build(false)) };
  return { kind: "run", waits, build };
}

/** `run_job`: one run outside of the schedule, also of a job that is switched off or paused. */
export async function runJob(
  deps: CommandRunsDeps,
  asked: Pick<Extract<CommandAction, { type: "run_job" }>, "job" | "vars">,
  command: { readonly id: string; readonly target: CommandTarget },
): Promise<CommandResult | undefined> {
  const { catalog, revisions, serverClock, fleetZone } = deps;
  const found = findValidJob(catalog, asked.job);
  if (!found.ok) return failed(found.why);
  const { document, job } = found.value;
  const life = deps.life();
  if (life === undefined || life.session.over.aborted) return undefined;
  const place = placeRuns(job, command.target, life);
  if (!place.ok) return failed(place.why);
  await revisions.keep([document]);
  const at = serverClock.now();
  const occurrence = localOccurrence(at, job.schedule.zone ?? fleetZone);
  let id: RunId | undefined;
  const build = (hasSlot: boolean) => {
    const manual = { job, revision: document.revision, vars: asked.vars, command: command.id };
    const run = manualClaimOf(manual, occurrence, place.value.by, hasSlot, at);
    id = run.id;
    return run;
  };
  const [outcome] = (await life.claims.record([draftOf(place.value, false, build)])) ?? [];
  // This agent stops or lost its serial; the run may be there all the same, and its key keeps it single.
  if (outcome === undefined) return undefined;
  if (outcome.outcome === "refused") throw outcome.err;
  if (outcome.outcome === "exists") return { status: "ok", result: `run ${id} was started by another agent` };
  const { giveTo } = place.value;
  return { status: "ok", result: giveTo === undefined ? `started run ${id}` : `gave run ${id} to ${giveTo.hostname}` };
}

export function failed(result: string): CommandResult {
  return { status: "failed", result };
}
