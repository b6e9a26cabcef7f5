import fc from "fast-check";
import { expect, test } from "vitest";
import { firstIntent } from "../../../src/chain/flow/first-intent.ts";
import { runChain } from "../../../src/chain/flow/run-chain.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import { createTokenCache } from "../../../src/chain/request/token-cache.ts";
import type { Action } from "../../../src/model/action.ts";
import type { Job } from "../../../src/model/job.ts";
import type { RunEnd, Step, StepKey } from "../../../src/model/run.ts";
import { stepKey } from "../../../src/model/run.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { answer, failure } from "../chain-harness.ts";
import { SCHEDULED_FOR, defaults, jobOf, machine, runOf } from "../job-fixtures.ts";
import { forEach, request, sleep } from "./actions.ts";

/** One thing that happens at a place where an agent can die or be told something. */
type Event = "ok" | "error" | "timeout" | "dies before" | "dies after" | "is over" | "stops" | "cancel";

type Plan =
  | { readonly kind: "http"; readonly retries: number; readonly polls: number; readonly mayFail: boolean }
  | { readonly kind: "sleep" }
  | { readonly kind: "each"; readonly items: number; readonly concurrency: number; readonly inside: readonly Plan[] };

const leaf: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({ kind: fc.constant("http" as const), retries: fc.nat(2), polls: fc.nat(2), mayFail: fc.boolean() }),
  fc.record({ kind: fc.constant("sleep" as const) }),
);
const each: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant("each" as const),
  items: fc.nat(3),
  concurrency: fc.integer({ min: 1, max: 3 }),
  inside: fc.array(leaf, { minLength: 1, maxLength: 2 }),
});
const plans = fc.record({
  actions: fc.array(fc.oneof(leaf, each), { minLength: 1, maxLength: 4 }),
  finally: fc.array(leaf, { maxLength: 2 }),
});
const scripts = fc.array(
  fc.constantFrom<Event>(
    "ok",
    "ok",
    "ok",
    "ok",
    "error",
    "timeout",
    "dies before",
    "dies after",
    "is over",
    "stops",
    "cancel",
  ),
  { maxLength: 60 },
);

/** What outlives every agent: MongoDB, and the targets that count what reaches them. */
interface World {
  readonly steps: Map<StepKey, Step>;
  isCancelRequested: boolean;
  end: RunEnd | undefined;
  /** By address and poll. */
  readonly sends: Map<string, number>;
  readonly goodAnswers: Map<string, number>;
}

class Death extends Error {}

test("no request of an item or a poll is sent more often than retries + 1, and every run comes to its end", async () => {
  await fc.assert(
    fc.asyncProperty(plans, scripts, async (plan, script) => {
      const job = jobOf(plan.actions.map(toAction), { finally: plan.finally.map((it, at) => toAction(it, 100 + at)) });
      const steps = firstIntent(job, runOf([])).map((it) => [stepKey(it), it] as const);
      const world: World = {
        steps: new Map(steps),
        isCancelRequested: false,
        end: undefined,
        sends: new Map(),
        goodAnswers: new Map(),
      };
      const left = [...script];
      for (let owner = 0; world.end === undefined && owner <= script.length; owner++) {
        await live(job, world, left, owner === 0);
      }
      if (world.end === undefined) await live(job, world, [], false);
      expect(world.end).toBeDefined();
      for (const [address, sends] of world.sends) {
        const retries = Number(/retries=(\d)/.exec(address)?.[1]);
        expect({ address, isTooOften: sends > retries + 1 }).toEqual({ address, isTooOften: false });
      }
      const open = [...world.steps.values()].filter((it) => /sending|waiting|running/.test(it.status));
      expect(open.map(stepKey)).toEqual([]);
      expect(world.end?.status === "ok" && world.isCancelRequested).toBe(false);
    }),
    { numRuns: 500 },
  );
});

function toAction(plan: Plan, at: number): Action {
  switch (plan.kind) {
    case "sleep":
      return sleep({ name: `sleep ${at}`, for: 1_000 });
    case "each":
      return forEach(
        Array.from({ length: plan.items }, (_, item) => `item-${item}`),
        plan.inside.map((it, inner) => toAction(it, (at + 1) * 1_000 + inner)),
        {
          name: `each ${at}`,
          concurrency: plan.concurrency,
          continueOnFailure: true,
          finally: [toAction(CLEAN, (at + 1) * 1_000 + 999)],
        },
      );
    case "http": {
      // Outside of an item the name has no value, so only inside it is used.
      const item = at >= 1_000 ? "{{vars.item}}" : "none";
      const rules = { json: [{ path: "$.polls", matcher: { gte: plan.polls } }] };
      return request(`http ${at}`, {
        url: `http://target.test/${at}/${item}?retries=${plan.retries}`,
        retry: { retries: plan.retries, delayMs: 100 },
        continueOnFailure: plan.mayFail,
        ...(plan.polls === 0 ? {} : { until: { rules, everyMs: 500, timeoutMs: 60_000 } }),
      });
    }
  }
}

const CLEAN: Plan = { kind: "http", retries: 0, polls: 0, mayFail: true };

/** One agent holds the run until it ends, leaves it, or dies. */
async function live(job: Job, world: World, script: Event[], isFirst: boolean): Promise<void> {
  const clock = createFakeClock({ wall: SCHEDULED_FOR });
  const control = new AbortController();
  let isStopping = false;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Death();
  };
  const next = (): Event => {
    if (isDead) throw new Death();
    const event = script.shift() ?? "ok";
    if (event === "stops") isStopping = true;
    if (event === "cancel") world.isCancelRequested = true;
    if (event === "cancel" && script.length % 2 === 0) control.abort("cancel");
    return event;
  };
  const run = runOf([...world.steps.values()], { cancelRequested: world.isCancelRequested });
  const input = { run, job, intentIsFresh: isFirst, secrets: new Map(), defaults, machine };
  const ended = runChain(
    input,
    {
      pause: async (until) => clock.advance(Math.max(0, until - clock.wallNow())),
      chance: { uuid: () => "00000000-0000-4000-8000-000000000000", fraction: () => 0 },
      now: () => clock.wallNow(),
      redactor: createRedactor(new Map()),
      isStopping: () => isStopping,
      jobs: { find: async () => ({ problem: "there is none" }), revision: async () => undefined },
      readTime: () => undefined,
      tokens: createTokenCache(),
      openCleaning: () => ({ signal: new AbortController().signal, release: () => {} }),
      maySend: async () => {
        const event = next();
        if (event.startsWith("dies")) die();
        return event !== "is over";
      },
      store: async (change) => {
        const event = next();
        if (event === "dies before") die();
        if (event === "is over") return "lost";
        const isRefused =
          world.isCancelRequested && change.despiteCancel !== true && change.end?.status !== "cancelled";
        if (isRefused) return "cancel_requested";
        expect(world.end).toBeUndefined();
        for (const key of change.forgotten ?? []) world.steps.delete(key);
        for (const step of change.steps) world.steps.set(stepKey(step), step);
        world.end = change.end;
        if (event === "dies after") die();
        return "stored";
      },
      http: {
        async exchange(sent) {
          const event = next();
          if (event === "dies before") die();
          const key = String(sent.headers["Idempotency-Key"]).split("fleet:")[1] ?? "";
          const [stepOf = "", poll = "0"] = key.split(":");
          const stored = world.steps.get(stepOf as StepKey);
          const attempts = Number(sent.headers["X-FleetCron-Attempt"]);
          expect({ key, ...stored }).toMatchObject({ key, status: "sending", attempts });
          const address = `${sent.url}#${poll}`;
          world.sends.set(address, (world.sends.get(address) ?? 0) + 1);
          if (event === "dies after") die();
          if (event === "error") return answer(500);
          if (event === "timeout") return failure(event, event);
          const polls = world.goodAnswers.get(sent.url) ?? 0;
          world.goodAnswers.set(sent.url, polls + 1);
          return answer(200, `{"polls":${polls}}`);
        },
      },
    },
    control.signal,
  );
  await ended.catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}
