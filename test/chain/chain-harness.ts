import { firstIntent } from "../../src/chain/flow/first-intent.ts";
import { createRedactor } from "../../src/chain/redact/redact.ts";
import { runChain } from "../../src/chain/flow/run-chain.ts";
import { createTokenCache } from "../../src/chain/request/token-cache.ts";
import { widelyHeard } from "../../src/chain/widely-heard.ts";
import type { ChainInput, ChainPorts, ChainResult } from "../../src/chain/chain-ports.ts";
import type { Job } from "../../src/model/job.ts";
import type { Run, RunChange, Step, StepKey } from "../../src/model/run.ts";
import { stepKey } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { HttpOutcome, HttpRequest } from "../../src/ports/http-client.ts";
import type { WriteOutcome } from "../../src/ports/run-store.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { response } from "./answer/responses.ts";
import { SCHEDULED_FOR, defaults, machine, runOf } from "./job-fixtures.ts";

export function answer(status: number, body = ""): HttpOutcome {
  return response({ status, body });
}

/** What happens to one run of a job, told in order, with answers that a test gives. */
export function createHarness(job: Job, overrides: Partial<ChainPorts> = {}) {
  const clock = createFakeClock({ wall: SCHEDULED_FOR });
  const secrets = new Map([
    ["API_KEY", "s3cr3t-key"],
    ["BASE_URL", "http://base.test"],
  ]);
  const story: string[] = [];
  const sent: HttpRequest[] = [];
  const changes: RunChange[] = [];
  /** The steps of the run itself by index; those inside of others are in `records` alone. */
  const stored: Step[] = [...firstIntent(job, runOf([]))];
  const records = new Map<StepKey, Step>(stored.map((step) => [stepKey(step), step]));
  const control = widelyHeard();
  let respond: (request: HttpRequest, signal: AbortSignal) => HttpOutcome | Promise<HttpOutcome> = () => answer(200);
  let acknowledge: (change: RunChange) => WriteOutcome | Promise<WriteOutcome> = () => "stored";
  let uuids = 0;
  const ports: ChainPorts = {
    http: {
      async exchange(request, signal) {
        sent.push(request);
        story.push(`sent ${request.method} ${request.url}`);
        return respond(request, signal);
      },
    },
    async pause(until, signal) {
      await clock.sleep(until - clock.wallNow(), signal);
    },
    chance: { uuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`, fraction: () => 0 },
    now: () => clock.wallNow(),
    redactor: createRedactor(secrets),
    async store(change) {
      const outcome = await acknowledge(change);
      const steps = change.steps.map((step) => `${step.name} ${step.status} ${step.attempts}`);
      story.push(
        `${outcome} ${[...steps, ...(change.end === undefined ? [] : [`end ${change.end.status}`])].join(", ")}`,
      );
      if (outcome === "stored") {
        changes.push(change);
        for (const key of change.forgotten ?? []) records.delete(key);
        for (const step of change.steps) {
          records.set(stepKey(step), step);
          if (step.parent === undefined) stored[step.index] = step;
        }
      }
      return outcome;
    },
    maySend: async () => true,
    isStopping: () => false,
    jobs: {
      find: async (name) => ({ problem: `there is no job "${name}"` }),
      revision: async () => undefined,
    },
    readTime: (text) => (Number.isNaN(Date.parse(text)) ? undefined : (Date.parse(text) as EpochMs)),
    tokens: createTokenCache(),
    openCleaning: () => ({ signal: widelyHeard().signal, release: () => {} }),
    ...overrides,
  };

  function start(run: Partial<Run> = {}, input: Partial<ChainInput> = {}): Promise<ChainResult> {
    return runChain(
      { run: runOf([...records.values()], run), job, intentIsFresh: true, secrets, defaults, machine, ...input },
      ports,
      control.signal,
    );
  }

  return {
    clock,
    control,
    story,
    sent,
    changes,
    stored,
    records,
    start,
    answerWith: (...outcomes: readonly HttpOutcome[]) => {
      const left = [...outcomes];
      respond = () => left.shift() ?? answer(200);
    },
    respondBy: (next: typeof respond) => {
      respond = next;
    },
    acknowledgeBy: (next: typeof acknowledge) => {
      acknowledge = next;
    },
  };
}
