import { RETRIES, type SoakJob, STEPS } from "./soak-jobs.ts";
import type { Sent } from "./soak-target.ts";

const MINUTE_MS = 60_000;
/** After a pause of its process an agent may send what it had checked before: that is not promised. */
const AFTER_PAUSE_MS = 2_000;

/** What the judge knows beside the target's log. */
export interface Circumstances {
  readonly jobs: readonly SoakJob[];
  /** Ids of the machines that were there all the time. */
  readonly machines: readonly string[];
  /** Due in [from, upTo], both whole minutes: everything was there before and had time to end after. */
  readonly from: number;
  readonly upTo: number;
  /** When a machine's process was woken after a pause. */
  readonly wakeUps: readonly { readonly machine: string; readonly at: number }[];
}

export interface Verdict {
  /** In words, each with the promise that it breaks. */
  readonly violations: readonly string[];
  readonly occurrences: number;
  readonly requests: number;
  /** Requests of a former owner that its pause excuses. */
  readonly excused: number;
}

/** Holds the target's log against the schedule, as promises 1 to 4 have it. Nothing of our own records is looked at. */
export function judge(sent: readonly Sent[], circumstances: Circumstances): Verdict {
  const due = dueKeys(circumstances);
  const byRun = groupBy(sent, (it) => it.run);
  const violations: string[] = [];
  let excused = 0;
  const seen = new Map<string, Set<string>>();
  for (const [run, requests] of byRun) {
    const [first] = requests;
    if (first === undefined) continue;
    const key = keyOf(first, circumstances.jobs);
    if (key === undefined || !isDue(first, circumstances.jobs)) violations.push(`promise 2: ${run} was never due`);
    else seen.set(key, (seen.get(key) ?? new Set()).add(run));
    violations.push(...sendTroubles(run, requests), ...ownerTroubles(run, requests, circumstances.jobs));
    const stale = staleSends(requests);
    const unexcused = stale.filter((it) => !isJustAwake(it, circumstances));
    excused += stale.length - unexcused.length;
    for (const it of unexcused)
      violations.push(`promise 4: ${run} step ${it.step} sent by a former owner ${it.machine}`);
  }
  for (const [key, runs] of seen) if (runs.size > 1) violations.push(`promise 1: ${key} had ${runs.size} runs`);
  for (const key of due) if (!seen.has(key)) violations.push(`promise 2: ${key} was never sent`);
  return { violations, occurrences: due.size, requests: sent.length, excused };
}

/** Every occurrence, with its machine where each has its own. */
function dueKeys({ jobs, machines, from, upTo }: Circumstances): ReadonlySet<string> {
  const keys = new Set<string>();
  for (let at = from; at <= upTo; at += MINUTE_MS) {
    for (const job of jobs) {
      if (((at / MINUTE_MS) % 60) % job.everyMinutes !== 0) continue;
      for (const machine of job.runOn === "all" ? machines : ["fleet"]) keys.add(`${job.name} at ${at} on ${machine}`);
    }
  }
  return keys;
}

function keyOf({ job, scheduledFor, machine }: Sent, jobs: readonly SoakJob[]): string | undefined {
  const known = jobs.find((it) => it.name === job);
  if (known === undefined) return undefined;
  return `${job} at ${Date.parse(scheduledFor)} on ${known.runOn === "all" ? machine : "fleet"}`;
}

function isDue({ job, scheduledFor }: Sent, jobs: readonly SoakJob[]): boolean {
  const known = jobs.find((it) => it.name === job);
  const at = Date.parse(scheduledFor);
  return known !== undefined && at % MINUTE_MS === 0 && ((at / MINUTE_MS) % 60) % known.everyMinutes === 0;
}

/** Promises 1 and 3: no attempt twice, no attempt too many, no step before the one before it was answered well. */
function sendTroubles(run: string, requests: readonly Sent[]): readonly string[] {
  const troubles: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const mine = requests.filter((it) => it.step === step);
    if (mine.length > RETRIES + 1) troubles.push(`promise 3: ${run} step ${step} was sent ${mine.length} times`);
    const attempts = new Set(mine.map((it) => it.attempt));
    if (attempts.size < mine.length)
      troubles.push(`promise 1: ${run} step ${step} attempts ${mine.map((it) => it.attempt).join(", ")} came twice`);
    const firstAt = mine[0]?.at;
    if (step === 0 || firstAt === undefined) continue;
    const before = requests.some((it) => it.step === step - 1 && it.status === 200 && it.at <= firstAt);
    if (!before) troubles.push(`promise 3: ${run} step ${step} was sent before step ${step - 1} had been answered`);
  }
  if (requests.some((it) => it.step >= STEPS)) troubles.push(`promise 3: ${run} sent a step that it does not have`);
  return troubles;
}

/** A run of one machine is nobody else's. */
function ownerTroubles(run: string, requests: readonly Sent[], jobs: readonly SoakJob[]): readonly string[] {
  const [first] = requests;
  if (jobs.find((it) => it.name === first?.job)?.runOn !== "all") return [];
  const machines = new Set(requests.map((it) => it.machine));
  return machines.size > 1 ? [`promise 1: ${run} was sent by ${machines.size} machines`] : [];
}

/** Requests that came after one with a higher fence. */
function staleSends(requests: readonly Sent[]): readonly Sent[] {
  let highest = 0;
  return requests.filter((it) => {
    highest = Math.max(highest, it.fence);
    return it.fence < highest;
  });
}

function isJustAwake({ machine, at }: Sent, { wakeUps }: Circumstances): boolean {
  return wakeUps.some((it) => it.machine === machine && at >= it.at && at <= it.at + AFTER_PAUSE_MS);
}

function groupBy<Item>(items: readonly Item[], keyOfItem: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOfItem(item));
    if (group === undefined) groups.set(keyOfItem(item), [item]);
    else group.push(item);
  }
  return groups;
}
