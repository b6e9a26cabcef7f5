import type { ChainAbort, ChainPorts } from "../chain/chain-ports.ts";
import { firstIntent } from "../chain/flow/first-intent.ts";
import { runChain } from "../chain/flow/run-chain.ts";
import { createRedactor } from "../chain/redact/redact.ts";
import { createTokenCache } from "../chain/request/token-cache.ts";
import { widelyHeard } from "../chain/widely-heard.ts";
import { CLEANING_MS_MAX } from "../model/cleaning.ts";
import type { Job, RevisionId } from "../model/job.ts";
import type { GivenSituation } from "../model/job-test.ts";
import type { JsonObject } from "../model/json.ts";
import type { MachineId } from "../model/machine.ts";
import type { Serial, SessionId } from "../model/member.ts";
import { scheduledRunId } from "../model/run-id.ts";
import type { Run, RunEnd, StepKey } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";
import type { HttpRequest } from "../ports/http-client.ts";
import type { NextTurn } from "../ports/next-turn.ts";
import { deterministicChance } from "./deterministic-chance.ts";
import { givenJobs } from "./given-jobs.ts";
import { createScriptedTarget } from "./scripted-target.ts";
import type { RehearsedRequest, ScriptedTarget } from "./scripted-target.ts";
import { createStepLedger } from "./step-ledger.ts";
import type { NamedStep, StepLedger } from "./step-ledger.ts";
import { createVirtualClock } from "./virtual-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What a rehearsal needs from outside. */
export interface RehearsalParts {
  readonly nextTurn: NextTurn;
  /** A moment as the clocks of a zone show it, and the key of its occurrence. */
  readonly wallTime: (at: EpochMs, zone: string) => WallTime;
  /** As in ChainPorts, with the zone said. */
  readonly readTime: (text: string, after: EpochMs, zone: string) => EpochMs | undefined;
}

export interface WallTime {
  readonly local: string;
  readonly hour: number;
  readonly minute: number;
  readonly key: string;
}

/** What came of playing a chain. Nothing in it is redacted. */
export interface Performance {
  readonly requests: readonly RehearsedRequest[];
  /** Given answers that nothing asked for, by their place. */
  readonly unusedAnswers: readonly number[];
  readonly steps: readonly NamedStep[];
  readonly captured: JsonObject;
  /** `undefined`: it was stopped, and `trouble` says why. */
  readonly end: RunEnd | undefined;
  readonly trouble: string | undefined;
  /** Virtual time from its start to its end. */
  readonly tookMs: number;
}

/** A chain that asks for more has lost its way. */
const REQUESTS_MAX = 10_000;
/** Ends a chain that goes on and on without requests. */
const WAKES_MAX = 200_000;
/** Ends a chain that goes on and on within one moment. */
const STEP_CHANGES_MAX = 100_000;
/** Rounds of the event loop after which nothing goes on by itself any more. */
const IDLE_TURNS = 5;

/**
 * Plays the chain of a job against given answers. Nothing is sent, nothing is stored, and time passes by itself: each
 * wait is over as soon as everything waits. The same input always gives the same performance.
 */
export async function play(job: Job, given: GivenSituation, parts: RehearsalParts): Promise<Performance> {
  const callable = givenJobs(job, given.jobs);
  if (callable.problem !== undefined) return notPlayed(`it ${callable.problem}`);
  const run = runOf(job, given, parts);
  const stage = setStage(run, given, parts, callable.calls);
  const { clock, target, ledger, control } = stage;
  const machine = { hostname: given.hostname, machineId: MACHINE };
  const input = { run, job, intentIsFresh: true, secrets: given.secrets, defaults: given.httpDefaults, machine };
  let isOver = false;
  const played = runChain(input, stage.ports, control.signal).finally(() => {
    isOver = true;
  });
  // Awaited below unless it was stopped; then nobody asks any more how it ends.
  played.catch(() => {});
  const alarms = new AbortController();
  stopAt(stage, given.scheduledFor + job.runTimeoutMs, "timeout", alarms.signal);
  if (given.cancelAfterMs !== undefined) {
    stopAt(stage, given.scheduledFor + given.cancelAfterMs, "cancel", alarms.signal);
  }
  const stopped = await passTime(stage, parts.nextTurn, () => isOver);
  alarms.abort();
  if (stopped === undefined) await played;
  else control.abort("abandon");
  return {
    requests: target.requests,
    unusedAnswers: target.unused,
    steps: ledger.steps,
    captured: ledger.captured,
    end: stage.end(),
    trouble: stopped ?? stage.endless(),
    tookMs: (stage.end()?.endAt ?? clock.now()) - given.scheduledFor,
  };
}

/** All that a run meets instead of an agent and a network. */
interface Stage {
  readonly clock: VirtualClock;
  readonly ledger: StepLedger;
  readonly target: ScriptedTarget;
  readonly control: AbortController;
  readonly ports: ChainPorts;
  end(): RunEnd | undefined;
  /** In words, when it was stopped because its steps changed without end. */
  endless(): string | undefined;
}

function setStage(run: Run, given: GivenSituation, parts: RehearsalParts, jobs: ChainPorts["jobs"]): Stage {
  const clock = createVirtualClock(given.scheduledFor);
  const ledger = createStepLedger();
  run.steps.forEach((step) => ledger.note(step));
  const target = createScriptedTarget(given.answers, clock, (request) => pathOfRequest(request, ledger));
  const control = widelyHeard();
  let end: RunEnd | undefined;
  let changes = 0;
  const ports: ChainPorts = {
    http: target.http,
    chance: deterministicChance(),
    now: clock.now,
    redactor: createRedactor(given.secrets),
    pause: (until, signal) => clock.sleepUntil(until, signal),
    async store(change) {
      end = change.end ?? end;
      return "stored";
    },
    maySend: async (signal) => !signal.aborted,
    isStopping: () => false,
    jobs,
    readTime: (text, after, zone) => parts.readTime(text, after, zone ?? given.zone),
    tokens: createTokenCache(),
    openCleaning: () => openCleaning(clock),
    onStep(step) {
      ledger.note(step);
      changes++;
      if (changes > STEP_CHANGES_MAX) control.abort("abandon");
    },
  };
  const words = `its steps changed more than ${STEP_CHANGES_MAX} times; give it shorter lists`;
  const endless = () => (changes > STEP_CHANGES_MAX && end === undefined ? words : undefined);
  return { clock, ledger, target, control, ports, end: () => end, endless };
}

/** Stops the run from outside at that time, as a fleet would. */
function stopAt({ clock, control }: Stage, at: number, why: ChainAbort, alarms: AbortSignal): void {
  void clock.sleepUntil(at as EpochMs, alarms).then(() => {
    if (!alarms.aborted) control.abort(why);
  });
}

function notPlayed(trouble: string): Performance {
  return { requests: [], unusedAnswers: [], steps: [], captured: {}, end: undefined, trouble, tookMs: 0 };
}

/** Wakes one sleeper after the other until the chain is over; in words why it was not waited for any longer. */
async function passTime(
  { clock, target }: Stage,
  nextTurn: NextTurn,
  isOver: () => boolean,
): Promise<string | undefined> {
  let idleTurns = 0;
  for (let wakes = 0; wakes < WAKES_MAX; ) {
    await nextTurn();
    if (isOver()) return undefined;
    if (target.requests.length > REQUESTS_MAX)
      return `it made more than ${REQUESTS_MAX} requests; give it answers that end it`;
    if (clock.wakeNext()) {
      wakes++;
      idleTurns = 0;
    } else if (++idleTurns > IDLE_TURNS) {
      return "it waits for something that never comes";
    }
  }
  return `it waited more than ${WAKES_MAX} times; give it answers that end it`;
}

function openCleaning(clock: VirtualClock): { readonly signal: AbortSignal; readonly release: () => void } {
  const cleaning = widelyHeard();
  const released = new AbortController();
  void clock.sleepUntil((clock.now() + CLEANING_MS_MAX) as EpochMs, released.signal).then(() => {
    if (!released.signal.aborted) cleaning.abort("timeout");
  });
  return { signal: cleaning.signal, release: () => released.abort() };
}

const MACHINE = "test-machine-id" as MachineId;

function runOf(job: Job, given: GivenSituation, { wallTime }: RehearsalParts): Run {
  const { key, local, hour, minute } = wallTime(given.scheduledFor, job.schedule.zone ?? given.zone);
  return {
    id: scheduledRunId(job.id, key, undefined),
    jobId: job.id,
    jobName: job.name,
    trigger: "schedule",
    scheduledFor: given.scheduledFor,
    local,
    hour,
    minute,
    scope: undefined,
    revision: "test" as RevisionId,
    vars: given.vars,
    session: "test" as SessionId,
    token: 1,
    seq: 1,
    status: "running",
    dueAt: given.scheduledFor,
    claimedBy: MACHINE,
    serial: 1 as Serial,
    claimedAt: given.scheduledFor,
    startAt: given.scheduledFor,
    takeovers: 0,
    cancelRequested: false,
    handedBack: false,
    steps: firstIntent(job, { hour, minute }),
  };
}

/** Every request of a step names it in a header; where the job sets that one itself, it is the step under way. */
function pathOfRequest({ headers }: HttpRequest, ledger: StepLedger): string | undefined {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  // The polls of an `until` count behind the key.
  const key = /:([\d/]+)(?::\d+)?$/.exec(values.get("idempotency-key") ?? "")?.[1];
  // The fetch of a token is no step's own.
  if (!values.has("x-fleetcron-run-id")) return undefined;
  return ledger.pathOf((key ?? "") as StepKey) ?? ledger.onlySending;
}
