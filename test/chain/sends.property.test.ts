import fc from "fast-check";
import { expect, test } from "vitest";
import { firstIntent } from "../../src/chain/flow/first-intent.ts";
import { createRedactor } from "../../src/chain/redact/redact.ts";
import { createTokenCache } from "../../src/chain/request/token-cache.ts";
import { runChain } from "../../src/chain/flow/run-chain.ts";
import type { Run, RunEnd, Step } from "../../src/model/run.ts";
import type { HttpOutcome } from "../../src/ports/http-client.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { failure } from "./answer/responses.ts";
import { answer } from "./chain-harness.ts";
import { SCHEDULED_FOR, defaults, httpAction, jobOf, machine, runOf } from "./job-fixtures.ts";

/** What happens at one place where the agent could die: everything that matters to the next owner. */
type Event =
  | "ok"
  | "error"
  | "timeout"
  | "refused"
  /** The agent dies; a write under way was or was not applied, a request under way was sent or not. */
  | "dies before"
  | "dies after"
  /** The session is over, as maySend or the store says. */
  | "is over"
  | "stops";

const events = fc.array(
  fc.constantFrom<Event>(
    "ok",
    "ok",
    "ok",
    "error",
    "error",
    "timeout",
    "refused",
    "dies before",
    "dies after",
    "is over",
    "stops",
  ),
  { maxLength: 40 },
);
const chains = fc.array(
  fc.record({
    retries: fc.nat(3),
    delayMs: fc.constantFrom(0, 500),
    continueOnFailure: fc.boolean(),
    isSkipped: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

class Death extends Error {}

/** MongoDB and the target: what outlives every agent. */
interface World {
  readonly steps: Step[];
  end: RunEnd | undefined;
  readonly sends: number[];
}

test("no step is sent more often than retries + 1, nor before the result of the one before it is stored", async () => {
  await fc.assert(
    fc.asyncProperty(chains, events, async (chain, script) => {
      const job = jobOf(
        chain.map(({ retries, delayMs, continueOnFailure, isSkipped }, at) =>
          httpAction({
            name: `${at}`,
            url: `http://target.test/${at}`,
            retry: { retries, delayMs },
            continueOnFailure,
            when: { hourIn: isSkipped ? [3] : undefined, minuteIn: undefined },
          }),
        ),
      );
      const world: World = { steps: [...firstIntent(job, runOf([]))], end: undefined, sends: chain.map(() => 0) };
      const left = [...script];
      for (let owner = 0; world.end === undefined && owner <= script.length; owner++) {
        await live(job, world, left, owner === 0);
      }
      // When nothing goes wrong any more, the last owner brings the run to its end.
      if (world.end === undefined) await live(job, world, [], false);
      expect(world.end).toBeDefined();
      for (const [at, { retries }] of chain.entries()) {
        expect(world.sends[at]).toBeLessThanOrEqual(retries + 1);
        expect(world.sends[at]).toBeLessThanOrEqual(world.steps[at]?.attempts ?? 0);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** One agent holds the run until it ends, leaves it, or dies. */
async function live(job: ReturnType<typeof jobOf>, world: World, script: Event[], isFirst: boolean): Promise<void> {
  const clock = createFakeClock({ wall: SCHEDULED_FOR });
  // An agent may be told to stop before it began.
  let isStopping = script[0] === "stops" && script.shift() !== undefined;
  const next = (): Event => {
    const event = script.shift() ?? "ok";
    if (event === "stops") isStopping = true;
    return event;
  };
  const run: Run = runOf([...world.steps]);
  const ended = runChain(
    {
      run,
      job,
      intentIsFresh: isFirst,
      secrets: new Map(),
      defaults,
      machine,
    },
    {
      pause: (until) => clock.advance(Math.max(0, until - clock.wallNow())),
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
        if (event.startsWith("dies")) throw new Death();
        return event !== "is over";
      },
      store: async (change) => {
        const event = next();
        if (event === "dies before") throw new Death();
        if (event === "is over") return "lost";
        expect(world.end).toBeUndefined();
        for (const step of change.steps) world.steps[step.index] = step;
        world.end = change.end;
        if (event === "dies after") throw new Death();
        return "stored";
      },
      http: {
        async exchange(request): Promise<HttpOutcome> {
          const at = Number(new URL(request.url).pathname.slice(1));
          const event = next();
          if (event === "dies before") throw new Death();
          for (const before of world.steps.slice(0, at)) expect(before.status).not.toMatch(/sending|waiting/);
          expect(world.steps[at]?.status).toBe("sending");
          expect(world.steps[at]?.attempts).toBe(Number(request.headers["X-FleetCron-Attempt"]));
          world.sends[at] = (world.sends[at] ?? 0) + 1;
          if (event === "dies after") throw new Death();
          if (event === "error") return answer(500);
          if (event === "timeout" || event === "refused") return failure(event, event);
          return answer(200);
        },
      },
    },
    new AbortController().signal,
  );
  await ended.catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}
