import type { HttpClientDeps } from "../../src/adapters/undici/http-client.ts";
import type { Egress } from "../../src/model/config.ts";
import type { HttpAction } from "../../src/model/action.ts";
import type { RunChange, Step } from "../../src/model/run.ts";
import { clientOf } from "../adapters/undici/client-fixture.ts";
import { createHarness } from "../chain/chain-harness.ts";
import { SCHEDULED_FOR, httpAction, jobOf } from "../chain/job-fixtures.ts";

export interface Outcome {
  readonly step: Step | undefined;
  readonly end: RunChange["end"];
  /** What it paused between attempts. */
  readonly waitedMs: number;
  /** Everything that was to be stored of the run. */
  readonly stored: string;
}

export interface Surroundings {
  readonly egress?: Partial<Egress>;
  readonly client?: Partial<HttpClientDeps>;
}

/** What is stored of a run with this one request, without a retry unless it says so, over real connections. */
export async function sendStep(action: Partial<HttpAction>, surroundings: Surroundings = {}): Promise<Outcome> {
  const job = jobOf([httpAction({ retry: { retries: 0 }, ...action })]);
  const client = clientOf(surroundings.egress, surroundings.client);
  let now = SCHEDULED_FOR;
  const harness = createHarness(job, {
    http: client,
    now: () => now,
    // Pauses take no time here.
    pause: async (until) => void (now = until),
  });
  await harness.start();
  return {
    waitedMs: now - SCHEDULED_FOR,
    step: harness.stored[0],
    end: harness.changes.at(-1)?.end,
    stored: JSON.stringify(harness.changes),
  };
}
