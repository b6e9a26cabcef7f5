import fc from "fast-check";
import { expect, test } from "vitest";
import { firstIntent } from "../../../src/chain/flow/first-intent.ts";
import { runChain } from "../../../src/chain/flow/run-chain.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import { createTokenCache } from "../../../src/chain/request/token-cache.ts";
import type { Action } from "../../../src/model/action.ts";
import type { Job, RevisionId } from "../../../src/model/job.ts";
import type { RunEnd, Step, StepKey } from "../../../src/model/run.ts";
import { stepKey } from "../../../src/model/run.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { failure } from "../answer/responses.ts";
import { answer } from "../chain-harness.ts";
import { SCHEDULED_FOR, defaults, jobOf, machine, runOf } from "../job-fixtures.ts";
import { callJob, forEach, fromPath, request, sleep } from "./actions.ts";

/** One thing that happens at a place where an agent can die or be told something. */
type Event = "ok" | "error" | "timeout" | "dies before" | "dies after" | "is over" | "stops" | "cancel" | "time is up";

type Plan =
  | {
      readonly kind: "http";
      readonly retries: number;
      readonly polls: number;
      readonly mayFail: boolean;
      /** Whether it gives a sensitive value, and whether it needs the one that came last. */
      readonly gives: boolean;
      readonly needs: boolean;
    }
  | { readonly kind: "sleep" }
  | { readonly kind: "call"; readonly inside: readonly Plan[]; readonly finally: readonly Plan[] }
  | { readonly kind: "each"; readonly items: number; readonly concurrency: number; readonly inside: readonly Plan[] };

const leaf: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({
    kind: fc.constant("http" as const),
    retries: fc.nat(2),
    polls: fc.nat(2),
    mayFail: fc.boolean(),
    gives: fc.boolean(),
    needs: fc.nat(3).map((it) => it === 0),
  }),
  fc.record({ kind: fc.constant("sleep" as const) }),
);
const each: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant("each" as const),
  items: fc.nat(3),
  concurrency: fc.integer({ min: 1, max: 3 }),
  inside: fc.array(leaf, { minLength: 1, maxLength: 2 }),
});
const call: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant("call" as const),
  inside: fc.array(fc.oneof(leaf, each), { minLength: 1, maxLength: 2 }),
  finally: fc.array(leaf, { maxLength: 1 }),
});
const eachCall: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant("each" as const),
  items: fc.nat(2),
  concurrency: fc.integer({ min: 1, max: 2 }),
  inside: fc.array(call, { minLength: 1, maxLength: 1 }),
});
const plans = fc.record({
  actions: fc.array(fc.oneof(leaf, each, call, eachCall), { minLength: 1, maxLength: 4 }),
  onFailure: fc.array(leaf, { maxLength: 1 }),
  finally: fc.array(fc.oneof(leaf, each, call), { maxLength: 2 }),
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
    "time is up",
  ),
  { maxLength: 60 },
);

/** What outlives every agent: MongoDB, and the targets that count what reaches them. */
interface World {
  readonly steps: Map<StepKey, Step>;
  isCancelRequested: boolean;
  isTimeUp: boolean;
  end: RunEnd | undefined;
  /** By step, poll and address. */
  readonly sends: Map<string, number>;
  readonly goodAnswers: Map<string, number>;
  /** How many answers were given, each with another secret. */
  answers: number;
  /** The jobs that others call. */
  readonly jobs: ReadonlyMap<string, Job>;
}

/** What every secret out of an answer begins with. */
const SECRET = "t0p-s3cret";

class Death extends Error {}

test("no request of an item or a poll is sent more often than retries + 1, and every run comes to its end", async () => {
  await fc.assert(
    fc.asyncProperty(plans, scripts, async (plan, script) => {
      const jobs = new Map<string, Job>();
      const actions = (some: readonly Plan[], from: number) => some.map((it, at) => toAction(it, from + at, jobs));
      const job = jobOf(actions(plan.actions, 0), {
        onFailure: actions(plan.onFailure, 50),
        finally: actions(plan.finally, 70),
      });
      const steps = firstIntent(job, runOf([])).map((it) => [stepKey(it), it] as const);
      const world: World = {
        steps: new Map(steps),
        isCancelRequested: false,
        isTimeUp: false,
        end: undefined,
        sends: new Map(),
        goodAnswers: new Map(),
        answers: 0,
        jobs,
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
      // In any case, whatever came between.
      const first = job.actions.length + plan.onFailure.length;
      const unmade = plan.finally.flatMap((_, at) => (world.steps.has(String(first + at) as StepKey) ? [] : [at]));
      expect(unmade).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

/** @param at tells it from all others in its address; beyond 1,000 it lies in an item */
function toAction(plan: Plan, at: number, jobs: Map<string, Job>): Action {
  switch (plan.kind) {
    case "call": {
      const name = `job ${at}`;
      const inside = (some: readonly Plan[], from: number) =>
        some.map((it, inner) => toAction(it, 100_000 + at * 10 + from + inner, jobs));
      jobs.set(name, jobOf(inside(plan.inside, 0), { finally: inside(plan.finally, 5) }));
      const vars = { item: at >= 1_000 ? "{{vars.item}}" : "none" };
      return { ...callJob(name, vars), name: `call ${at}`, continueOnFailure: true };
    }
    case "sleep":
      return sleep({ name: `sleep ${at}`, for: 1_000 });
    case "each":
      return forEach(
        Array.from({ length: plan.items }, (_, item) => `item-${item}`),
        plan.inside.map((it, inner) => toAction(it, (at + 1) * 1_000 + inner, jobs)),
        {
          name: `each ${at}`,
          concurrency: plan.concurrency,
          continueOnFailure: true,
          finally: [toAction(CLEAN, (at + 1) * 1_000 + 999, jobs)],
        },
      );
    case "http": {
      // Outside of an item the name has no value, so only inside it is used.
      const item = at >= 1_000 ? "{{vars.item}}" : "none";
      const rules = { json: [{ path: "$.polls", matcher: { gte: plan.polls } }] };
      return request(`http ${at}`, {
        url: `http://target.test/${at}/${item}?retries=${plan.retries}&gives=${plan.gives}`,
        retry: { retries: plan.retries, delayMs: 100 },
        continueOnFailure: plan.mayFail,
        ...(plan.gives ? { capture: { key: fromPath("$.key", { sensitive: true }) } } : {}),
        ...(plan.needs ? { headers: { "X-Key": "{{vars.key}}" } } : {}),
        ...(plan.polls === 0 ? {} : { until: { rules, everyMs: 500, timeoutMs: 60_000 } }),
      });
    }
  }
}

const CLEAN: Plan = { kind: "http", retries: 0, polls: 0, mayFail: true, gives: false, needs: false };

/** Whether a step cleans up, or is a part of one that does, after a stop of this kind. */
function cleansUp(world: World, key: string): boolean {
  const parts = world.isTimeUp ? ["on_failure", "finally"] : ["finally"];
  const places = key.split("/");
  const outer = places.map((_, depth) => world.steps.get(places.slice(0, depth + 1).join("/") as StepKey));
  return outer.some((it) => it?.part !== undefined && parts.includes(it.part));
}

/** One agent holds the run until it ends, leaves it, or dies. */
async function live(job: Job, world: World, script: Event[], isFirst: boolean): Promise<void> {
  const clock = createFakeClock({ wall: SCHEDULED_FOR });
  const control = new AbortController();
  let isStopping = false;
  let isDead = false;
  let isStoring = false;
  /** Answers of side-by-side branches and of the store come in ever other order. */
  const someTurns = async (): Promise<void> => {
    for (let turn = (script.length * 5) % 11; turn > 0; turn--) await Promise.resolve();
    if (script.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  /** From when on it knows that the run is stopped. */
  let isStopped = world.isTimeUp || world.isCancelRequested;
  if (world.isTimeUp) control.abort("timeout");
  const die = (): never => {
    isDead = true;
    throw new Death();
  };
  const next = (): Event => {
    if (isDead) throw new Death();
    const event = script.shift() ?? "ok";
    if (event === "stops") isStopping = true;
    if (event === "cancel") world.isCancelRequested = true;
    if (event === "cancel" && script.length % 2 === 0) {
      control.abort("cancel");
      isStopped = true;
    }
    if (event === "time is up" && !isStopped) {
      world.isTimeUp = true;
      control.abort("timeout");
      isStopped = true;
    }
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
      jobs: {
        async find(name) {
          const found = world.jobs.get(name);
          return found === undefined ? { problem: "there is none" } : { job: found, revision: name as RevisionId };
        },
        revision: async (id) => world.jobs.get(id),
      },
      readTime: () => undefined,
      tokens: createTokenCache(),
      openCleaning: () => ({ signal: new AbortController().signal, release: () => {} }),
      maySend: async () => {
        const event = next();
        if (event.startsWith("dies")) die();
        return event !== "is over";
      },
      store: async (change) => {
        // Two writes at a time would name the same state of the run.
        expect(isStoring).toBe(false);
        isStoring = true;
        const event = next();
        await someTurns();
        isStoring = false;
        if (event === "dies before") die();
        if (event === "is over") return "lost";
        const isRefused =
          world.isCancelRequested && change.despiteCancel !== true && change.end?.status !== "cancelled";
        if (isRefused) {
          setImmediate(() => (isStopped = true));
          return "cancel_requested";
        }
        expect(world.end).toBeUndefined();
        expect(JSON.stringify(change)).not.toContain(SECRET);
        for (const key of change.forgotten ?? []) world.steps.delete(key);
        for (const step of change.steps) world.steps.set(stepKey(step), step);
        world.end = change.end;
        if (event === "dies after") die();
        return "stored";
      },
      http: {
        async exchange(sent) {
          // What comes to pass while it is under way comes after it.
          const wasStopped = isStopped;
          const event = next();
          await someTurns();
          if (event === "dies before") die();
          const key = String(sent.headers["Idempotency-Key"]).split("fleet:")[1] ?? "";
          const [stepOf = "", poll = "0"] = key.split(":");
          const stored = world.steps.get(stepOf as StepKey);
          const attempts = Number(sent.headers["X-FleetCron-Attempt"]);
          expect({ key, ...stored }).toMatchObject({ key, status: "sending", attempts });
          if (wasStopped) expect([key, cleansUp(world, stepOf)]).toEqual([key, true]);
          const address = `${stepOf}#${poll} of ${sent.url}`;
          world.sends.set(address, (world.sends.get(address) ?? 0) + 1);
          if (event === "dies after") die();
          if (event === "error") return answer(500);
          if (event === "timeout") return failure(event, event);
          const polls = world.goodAnswers.get(sent.url) ?? 0;
          world.goodAnswers.set(sent.url, polls + 1);
          const secret = sent.url.endsWith("gives=true") ? `${SECRET}-${++world.answers}` : "none";
          return answer(200, `{"polls":${polls},"key":"${secret}"}`);
        },
      },
    },
    control.signal,
  );
  await ended.catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}
