import { describe, expect, test } from "vitest";
import { type Evidence, summarise } from "../../src/demo/demo-summary.ts";
import type { Delivery } from "../../src/demo/demo-target.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { RunRecord } from "../../src/ports/run-history.ts";

const minute = Date.parse("2026-11-21T10:57:00Z") as EpochMs;

function record(jobName: string, status: string, scope?: string): RunRecord {
  const step = { index: 0, name: "step", status, attempts: 1 };
  const facts = {
    id: `${jobName}|${scope}`,
    jobName,
    status,
    scope,
    machineId: "m1",
    scheduledFor: minute,
    takeovers: 0,
    steps: [step],
  };
  return facts as unknown as RunRecord;
}

function delivery(attempt: number): Delivery {
  return {
    job: "order-sync",
    runId: "r",
    path: "/orders",
    attempt,
    idempotencyKey: "r:0",
    scheduledFor: "2026-11-21T10:57:00Z",
  };
}

const healthy: Evidence = {
  minutes: [minute],
  agents: new Map([["m1", "A"]]),
  records: [record("order-sync", "ok"), record("broken-report", "error"), record("health-check", "ok", "m1")],
  deliveries: [delivery(1), delivery(2)],
};

describe("the summary of the demo", () => {
  test("says of each due occurrence that it ran once, and by whom", () => {
    const { lines, violations } = summarise(healthy);
    expect(violations).toEqual([]);
    expect(lines[0]).toMatch(/10:57 order-sync\s+once, by agent A: ok/);
  });

  test.each([
    ["an occurrence without a record", { records: healthy.records.slice(1) }, /order-sync: 0 records/],
    [
      "an occurrence with two records",
      { records: [...healthy.records, record("order-sync", "ok")] },
      /order-sync: 2 records/,
    ],
    [
      "a run that ended otherwise than it must",
      { records: [record("order-sync", "error"), ...healthy.records.slice(1)] },
      /ended as error/,
    ],
    ["an attempt that arrived twice", { deliveries: [delivery(1), delivery(1)] }, /an attempt arrived twice/],
    ["more deliveries than attempts are allowed", { deliveries: [1, 2, 3, 4].map(delivery) }, /4 deliveries/],
    ["a request of the invalid job", { deliveries: [{ ...delivery(1), job: "typo" }] }, /typo: sent 1/],
  ])("finds %s", (_what, change, violation) => {
    expect(summarise({ ...healthy, ...change }).violations.join("\n")).toMatch(violation);
  });
});
