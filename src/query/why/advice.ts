import { saysNobodyFits } from "../../membership/eligible.ts";
import { isoSeconds, SECOND_MS } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import type { ScopeAnswer, WhyAnswer } from "./answer.ts";
import { machineName } from "./headline.ts";

/** Clocks that are wrong by more than this deserve a word. */
const WRONG_CLOCK_MS = 5 * SECOND_MS;

/** What to do, with commands to type; `undefined` where nothing is to be done. The first machine in trouble counts. */
export function adviceFor(answer: WhyAnswer): string | undefined {
  const chosen = answer.scopes.filter((it) => it.outcome.kind !== "not_chosen");
  for (const scope of chosen.length > 0 ? chosen : answer.scopes) {
    const advice = scopeAdvice(scope, answer);
    if (advice !== undefined) return advice;
  }
  return clockAdvice(answer);
}

function scopeAdvice({ outcome, lateness, machine, madeUp }: ScopeAnswer, answer: WhyAnswer): string | undefined {
  const job = shellWord(answer.job.name);
  if (madeUp !== undefined && outcome.kind !== "ran" && outcome.kind !== "live")
    return `See the run that made up for it: fleetcron run show ${shellWord(madeUp.id)}`;
  switch (outcome.kind) {
    case "ran":
      return ranAdvice(
        outcome.record,
        job,
        lateness?.causes.some((it) => it.kind === "waited" && !it.forEarlier) === true,
      );
    case "live":
      return `Follow it: fleetcron run show ${shellWord(outcome.record.id)}`;
    case "no_run":
      return noRunAdvice(outcome.record, job, answer);
    case "future_off":
      return offAdvice(outcome.why, job, false);
    case "off": {
      const { why, until } = outcome.inForce;
      const isOver = why === "paused" && until !== undefined && until <= answer.now;
      return isOver ? undefined : offAdvice(why, job, true);
    }
    case "future":
      return undefined;
    case "not_due":
    case "known_later":
      return `See when it is due: fleetcron job next ${job}`;
    case "not_joined":
    case "not_chosen":
      return "See the machines: fleetcron machine list";
    case "not_settled":
      if (machine !== undefined && !answer.machinesNow.has(machine.machineId))
        return `Start the agent of ${machineName(machine.machineId, answer)} again: fleetcron agent`;
      return answer.isLedNow
        ? "See what the agents do: fleetcron status, and their log"
        : "Start an agent: fleetcron agent; what is due is then caught up as the job's catch_up says";
    case "record_gone":
      return "Keep records for longer: runs.keep_ok_days and runs.keep_failed_days in the config of the machines";
    case "no_evidence":
      return `See what is stored: fleetcron run list --job ${job}`;
  }
}

function ranAdvice(record: RunRecord, job: string, isWaiting: boolean): string | undefined {
  if (record.status !== "ok")
    return `See each answer: fleetcron run show ${shellWord(record.id)}; run it again: fleetcron job run ${job} --wait`;
  return isWaiting ? "Raise runs.max_concurrent in the config of that machine, or start another agent" : undefined;
}

function noRunAdvice({ status, scheduledFor, stretch, reason }: RunRecord, job: string, { at }: WhyAnswer): string {
  if (status === "skipped" && reason?.includes('overlap is "skip"') === true)
    return `Let it wait instead: overlap "queue"; or run it now: fleetcron job run ${job} --wait`;
  const from = isoSeconds(stretch === undefined ? scheduledFor : at);
  const backfill = `fleetcron job backfill ${job} --from ${from} --to ${from}`;
  switch (saysNobodyFits(reason ?? "")) {
    case "nobody_matches":
      return `Change the job's where, or start an agent on a machine that it matches; then make up for it: ${backfill}`;
    case "all_drain":
      return `End the drain: fleetcron machine undrain NAME; then make up for it: ${backfill}`;
    case undefined:
      return `Make up for it: ${backfill}`;
  }
}

function offAdvice(why: string, job: string, isPast: boolean): string {
  switch (why) {
    case "paused":
      return `End the pause: fleetcron job resume ${job}`;
    case "invalid":
      return `See what is wrong with it: fleetcron job validate ${job}`;
    case "deleted":
      return "Put it back with: fleetcron job apply FILE";
    default:
      return isPast
        ? `See how it stands at present: fleetcron job show ${job}`
        : `Set "enabled": true in its document: fleetcron job apply FILE, or in mongosh`;
  }
}

function clockAdvice({ fleet }: WhyAnswer): string | undefined {
  const wrong = fleet.machines.filter(
    (it) => Math.abs(it.clockOffsetMs ?? 0) > WRONG_CLOCK_MS && it.presence === "alive",
  );
  if (wrong.length === 0) return undefined;
  return `Set the clock of ${wrong.map((it) => it.name).join(", ")}; nothing runs twice or is lost for it, but it may run late`;
}

/** A text as one word of a shell. */
function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
