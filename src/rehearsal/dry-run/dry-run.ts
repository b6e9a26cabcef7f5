import { createRedactor } from "../../chain/redact/redact.ts";
import { stepName } from "../../chain/record/step-name.ts";
import { clockHolds, guardHolds } from "../../chain/flow/guard.ts";
import { allPlaces, type Place } from "../../chain/flow/frame.ts";
import { renderMatcher } from "../../expression/matcher.ts";
import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import { isAllWritten } from "../../expression/written.ts";
import { type ActionLists, listsOf } from "../../model/action-lists.ts";
import type { Action, ForEachAction, Guard, JobAction, SleepAction } from "../../model/action.ts";
import { CALL_DEPTH_MAX } from "../../model/call-problems.ts";
import { type HttpDefaults, SECRET_LENGTH_HIDDEN_MIN, type Secrets } from "../../model/config.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { Job } from "../../model/job.ts";
import type { JsonObject, JsonValue } from "../../model/json.ts";
import { isList, jsonText } from "../../model/json-text.ts";
import { type EpochMs, isoSeconds } from "../../model/time.ts";
import type { WallTime } from "../play.ts";
import { shortened } from "../shortened.ts";
import { matcherWords } from "../rule-words.ts";
import { dryRequest, missingSecret } from "./dry-request.ts";
import {
  dryBaseScope,
  dryItemScope,
  dryStepsScope,
  dryVarsScope,
  type DryScope,
  type StepsSoFar,
} from "./dry-scope.ts";
import type { DryBranch, DryStep } from "./dry-step.ts";
import { requestNotes } from "./dry-words.ts";
import { createLabels, type Labels } from "./labels.ts";

export interface DryRunInput {
  readonly job: Job;
  /** As the run is given them. */
  readonly vars: JsonObject;
  readonly secrets: Secrets;
  readonly defaults: HttpDefaults;
  readonly at: EpochMs;
  readonly wallTime: WallTime;
  /** By id or name; why there is none, in plain words. */
  readonly findJob: (idOrName: string) => Job | { readonly problem: string };
  /** In the zone of the job; `undefined`: it names none. */
  readonly readTime: (text: string, after: EpochMs) => EpochMs | undefined;
}

/** Of a longer list, the others would look like these. */
const ITEMS_SHOWN = 3;
/** Beyond it nobody reads on. */
const STEPS_MAX = 2_000;
const WORDS_MAX = 200;

/**
 * What a run of a job would do if it began at that time. Nothing is sent, no secret value is in it, and what only
 * answers can give stands as its name.
 */
export async function dryRun(input: DryRunInput): Promise<readonly DryStep[]> {
  const labels = createLabels();
  const facts = new Map([
    ["run.scheduled_for", isoSeconds(input.at)],
    ["run.local", input.wallTime.local],
    ["job.name", input.job.name],
  ]);
  const base = dryBaseScope(labels, input.secrets, facts);
  const walk: Walk = { input, labels, base, redact: hideSecrets(input.secrets), calls: 0, left: { steps: STEPS_MAX } };
  const scope = dryVarsScope(base, labels, input.job.vars ?? {}, { shown: input.vars, real: input.vars }, () => true);
  return dryLists({ walk, job: input.job, scope }, listsOf(input.job));
}

interface Walk {
  readonly input: DryRunInput;
  readonly labels: Labels;
  readonly base: DryScope;
  readonly redact: (text: string) => string;
  /** How many jobs this one is called through. */
  readonly calls: number;
  readonly left: { steps: number };
}

/** A chain that is gone through: the run's, an item's, a called job's. */
interface Chain {
  readonly walk: Walk;
  readonly job: Job;
  readonly scope: DryScope;
}

async function dryLists({ walk, job, scope: outer }: Chain, lists: ActionLists): Promise<readonly DryStep[]> {
  const soFar: StepsSoFar = { made: [], skipped: new Set() };
  const chain = { walk, job, scope: dryStepsScope(outer, walk.labels, soFar) };
  const steps: DryStep[] = [];
  for (const place of allPlaces({ parent: undefined, lists })) {
    if (walk.left.steps-- <= 0) {
      steps.push({ ...blank(place), notes: ["and so on: more than can be shown"] });
      break;
    }
    const step = await dryStep(chain, place);
    steps.push(step);
    if (step.skipped === undefined) soFar.made.push(place.action);
    else if (place.action.name !== undefined) soFar.skipped.add(place.action.name);
  }
  return steps;
}

function blank({ action, index, part }: Place): DryStep {
  return {
    name: stepName(action, index),
    type: action.type,
    part,
    skipped: undefined,
    conditions: [],
    request: undefined,
    notes: [],
    problems: [],
    branches: [],
  };
}

async function dryStep(chain: Chain, place: Place): Promise<DryStep> {
  const { action } = place;
  const decided = decide(chain, action.when);
  const step = { ...blank(place), conditions: decided.conditions, problems: decided.problems };
  if (decided.skipped !== undefined) return { ...step, skipped: decided.skipped };
  const does = await whatItDoes(chain, action);
  return { ...step, ...does, problems: [...step.problems, ...(does.problems ?? [])] };
}

function whatItDoes(chain: Chain, action: Action): Partial<DryStep> | Promise<Partial<DryStep>> {
  switch (action.type) {
    case "http":
      return dryHttp(chain, action);
    case "sleep":
      return drySleep(chain, action);
    case "for_each":
      return dryForEach(chain, action);
    case "job":
      return dryCall(chain, action);
  }
}

interface Decided {
  readonly skipped: string | undefined;
  readonly conditions: readonly string[];
  readonly problems: readonly string[];
}

function decide({ walk, scope }: Chain, guard: Guard): Decided {
  const { wallTime } = walk.input;
  if (!clockHolds(guard, wallTime)) {
    const hour = guard.hourIn === undefined ? "" : ` hour_in ${guard.hourIn.join(", ")}`;
    const minute = guard.minuteIn === undefined ? "" : ` minute_in ${guard.minuteIn.join(", ")}`;
    return { skipped: `not at this time:${hour}${minute}`, conditions: [], problems: [] };
  }
  const conditions: string[] = [];
  const problems: string[] = [];
  for (const condition of guard.if ?? []) {
    const value = renderValue(condition.value, scope.shown);
    const matcher = renderMatcher(condition.matcher, scope.shown);
    if (!matcher.ok) {
      problems.push(walk.labels.show(matcher.error));
      continue;
    }
    const words = `${value.ok ? jsonText(value.value) : "nothing"} is ${matcherWords(matcher.value)}`;
    const missing = walk.labels.within(words, "missing_secret");
    problems.push(...missing.map(missingSecret));
    if (missing.length > 0 || walk.labels.within(words, "unknown").length > 0) {
      conditions.push(shortened(walk.labels.showJson(words), WORDS_MAX));
      continue;
    }
    const holds = guardHolds({ ...guard, if: [condition] }, wallTime, scope.real);
    if (!holds.ok) problems.push(walk.redact(holds.error));
    else if (!holds.value)
      return { skipped: `not so: ${shortened(walk.labels.showJson(words), WORDS_MAX)}`, conditions: [], problems };
  }
  return { skipped: undefined, conditions, problems };
}

async function dryHttp(
  { walk, job, scope }: Chain,
  action: Extract<Action, { type: "http" }>,
): Promise<Partial<DryStep>> {
  const { labels, redact, input } = walk;
  const { request, problems } = await dryRequest(action, scope, labels, redact);
  const tls = tlsProblems(job, scope, labels);
  return { request, problems: [...problems, ...tls], notes: requestNotes(action, job, input.defaults) };
}

function tlsProblems({ tls }: Job, { shown }: DryScope, labels: Labels): readonly string[] {
  return [tls?.ca, tls?.cert, tls?.key].flatMap((text) => {
    if (text === undefined) return [];
    const rendered = renderText(text, shown, "text");
    return rendered.ok
      ? labels.within(rendered.value, "missing_secret").map(missingSecret)
      : [labels.show(rendered.error)];
  });
}

function drySleep({ walk, scope }: Chain, action: SleepAction): Partial<DryStep> {
  const { labels, input } = walk;
  if (typeof action.for === "number") return { notes: [`waits ${exactLength(action.for)}`] };
  const text = action.until ?? action.for ?? "";
  const rendered = renderText(text, scope.shown, "text");
  if (!rendered.ok) return { problems: [labels.show(rendered.error)] };
  const shown = labels.show(rendered.value);
  if (action.until === undefined) return { notes: [`waits ${shown} s`] };
  const note = `waits until ${shown}`;
  if (labels.within(rendered.value, "unknown").length > 0) return { notes: [note] };
  const at = input.readTime(rendered.value.trim(), input.at);
  if (at !== undefined) return { notes: [`${note} (${isoSeconds(at)} if it comes here at once)`] };
  return { notes: [note], problems: [`"${shown}" is no time to sleep until: write 2026-12-01T09:00 or 14:30`] };
}

async function dryForEach(chain: Chain, action: ForEachAction): Promise<Partial<DryStep>> {
  const { walk, scope } = chain;
  const { labels } = walk;
  const shown = renderValue(action.in, scope.shown);
  if (!shown.ok) return { problems: [labels.show(shown.error)] };
  const lists = listsOf(action);
  const beside = action.concurrency === 1 ? "one after the other" : `${action.concurrency} at a time`;
  const problems = labels.within(shown.value, "missing_secret").map(missingSecret);
  if (labels.isUnknown(shown.value)) {
    const item = labels.unknown(`vars.${action.as}`);
    const inside = dryItemScope(scope, labels, action.as, { shown: item, real: item }, false);
    const branch = { title: labels.show(item), steps: await dryLists({ ...chain, scope: inside }, lists) };
    return { problems, notes: [`for each of ${labels.show(shown.value)}, ${beside}`], branches: [branch] };
  }
  if (!isList(shown.value)) {
    const got = shortened(labels.showJson(jsonText(shown.value)), WORDS_MAX);
    return { problems: [...problems, `"in" must give a list, and gives ${got}`] };
  }
  const real = renderValue(action.in, scope.real);
  const realItems: readonly JsonValue[] = real.ok && isList(real.value) ? real.value : shown.value;
  const branches: DryBranch[] = [];
  for (const [index, item] of shown.value.slice(0, ITEMS_SHOWN).entries()) {
    const isWritten = isAllWritten(isList(action.in) ? (action.in[index] ?? null) : action.in, scope.shown);
    const both = { shown: item, real: realItems[index] ?? item };
    const inside = dryItemScope(scope, labels, action.as, both, isWritten);
    const title = typeof item === "string" ? labels.show(item) : labels.showJson(jsonText(item));
    branches.push({ title: shortened(title, WORDS_MAX), steps: await dryLists({ ...chain, scope: inside }, lists) });
  }
  const count = shown.value.length;
  if (count === 0) return { problems, notes: ["for each of no items: nothing is done"] };
  const more = count > ITEMS_SHOWN ? `; ${ITEMS_SHOWN} are shown, and ${count - ITEMS_SHOWN} more are like them` : "";
  return { problems, notes: [`for each of ${count} items, ${beside}${more}`], branches };
}

async function dryCall({ walk, scope }: Chain, action: JobAction): Promise<Partial<DryStep>> {
  const { labels, input } = walk;
  const shown = renderValue(action.vars, scope.shown);
  if (!shown.ok) return { problems: [labels.show(shown.error)] };
  const problems = labels.within(shown.value, "missing_secret").map(missingSecret);
  const real = renderValue(action.vars, scope.real);
  const called = input.findJob(action.job);
  if ("problem" in called) return { problems: [...problems, called.problem] };
  if (walk.calls >= CALL_DEPTH_MAX)
    return { problems: [...problems, `jobs call jobs more than ${CALL_DEPTH_MAX} deep`] };
  const vars = { shown: shown.value as JsonObject, real: (real.ok ? real.value : shown.value) as JsonObject };
  const isWritten = (name: string): boolean => isAllWritten(action.vars[name] ?? null, scope.shown);
  const inside = dryVarsScope(walk.base, labels, called.vars ?? {}, vars, isWritten);
  const deeper = { ...walk, calls: walk.calls + 1 };
  const steps = await dryLists({ walk: deeper, job: called, scope: inside }, listsOf(called));
  return {
    problems,
    notes: [`plays the job ${called.name} as a part of this run`],
    branches: [{ title: called.name, steps }],
  };
}

/** Hides every secret, and where one might show that is too short for the redactor, the whole text. */
function hideSecrets(secrets: Secrets): (text: string) => string {
  const { redact } = createRedactor(secrets);
  const short = [...secrets.values()].filter((it) => it !== "" && it.length < SECRET_LENGTH_HIDDEN_MIN);
  return (text) =>
    short.some((it) => text.includes(it)) ? "it can't be built with the values that its secrets have" : redact(text);
}
