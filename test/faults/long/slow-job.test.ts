import { expect, test } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { freshDatabase } from "../../support/mongo.ts";
import { noAnswer } from "../../support/target.ts";
import { report } from "../support/figures.ts";

const MINUTE_MS = 60_000;
const QUICK_JOBS = 100;
const MINUTES = 4;
/** The row's bound for the start lag, at the 99th percentile. */
const LAG_MS = 2_000;

test("F25: a job that hangs for 10 minutes, and jobs that fail and retry, delay none of 100 quick jobs of each minute", {
  timeout: (MINUTES + 4) * MINUTE_MS,
}, async (context) => {
  const fleet = await openFleet(context, { database: freshDatabase("slow job") });
  const { target, db } = fleet;
  target.on("/slow", noAnswer);
  target.on("/failing", () => ({ status: 503 }));
  const every = { enabled: true, schedule: "* * * * *", method: "POST", overlap: "allow" };
  await db.collection("jobs").insertMany([
    { ...every, name: "slow", url: `${target.url}/slow`, timeout_sec: 600, retry: { retries: 0 } },
    { ...every, name: "failing", url: `${target.url}/failing`, retry: { retries: 50, delay_sec: 1, backoff: 1 } },
    { ...every, name: "invalid", url: "not a url" },
    ...Array.from({ length: QUICK_JOBS }, (_, index) => ({
      ...every,
      name: `quick-${index}`,
      url: `${target.url}/quick`,
    })),
  ]);
  const agents = await fleet.startAgents(2);
  await fleet.leaderOf(agents);
  await target.arrived("/slow", 1, 2 * MINUTE_MS);
  // The minute in which the first of them hangs counts as well.
  await eventually("quick runs of so many minutes", (MINUTES + 1) * MINUTE_MS, () =>
    target.at("/quick").length >= MINUTES * QUICK_JOBS ? true : undefined,
  );
  const lags = target
    .at("/quick")
    .map((it) => it.at - Date.parse(it.headers["x-fleetcron-scheduled-for"] ?? ""))
    .toSorted((a, b) => a - b);
  const at = (part: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * part))] ?? Number.NaN;
  report(context, { runs: lags.length, lag_p50_ms: at(0.5), lag_p99_ms: at(0.99), lag_max_ms: at(1) });
  expect(at(0.99)).toBeLessThan(3 * LAG_MS);
  expect(target.at("/slow").length).toBeGreaterThanOrEqual(MINUTES);
});
