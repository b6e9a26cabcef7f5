import { describe, expect, test } from "vitest";
import type { JobId, RevisionId } from "../../../src/model/job.ts";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { callJob, fromPath, request } from "./actions.ts";

const called = jobOf(
  [request("clean", { url: "http://target.test/clean/{{vars.site}}/{{vars.depth}}", retry: { retries: 0 } })],
  {
    id: "cleaner" as JobId,
    name: "clean up",
    vars: { site: "nowhere", depth: 2 },
    finally: [request("report")],
  },
);
const revision = "rev-of-cleaner" as RevisionId;
const jobs = {
  find: async (name: string) =>
    name === "clean up" ? { job: called, revision } : { problem: `there is no job "${name}"` },
  revision: async (id: RevisionId) => (id === revision ? called : undefined),
};

describe("an action of type job", () => {
  test("plays the chain of that job with its vars and those that it is given", async () => {
    const list = request("list", { capture: { site: fromPath("$.site") } });
    const harness = createHarness(jobOf([list, callJob("clean up", { site: "{{vars.site}}" }), request("after")]), {
      jobs,
    });
    harness.answerWith(answer(200, '{"site":"seoul"}'));
    expect(await harness.start()).toMatchObject({ end: { status: "ok" } });
    expect(harness.sent.map((it) => new URL(it.url).pathname)).toEqual([
      "/list",
      "/clean/seoul/2",
      "/report",
      "/after",
    ]);
    expect(harness.stored[1]).toMatchObject({ status: "ok", called: revision });
  });

  test("fails with the step of that job that failed", async () => {
    const harness = createHarness(jobOf([callJob("clean up"), request("after")]), { jobs });
    harness.answerWith(answer(500));
    expect(await harness.start()).toMatchObject({
      end: { status: "error", reason: 'step 1 "call" failed: step 1 "clean" failed: HTTP 500' },
    });
  });

  test("of a job that is not there fails before anything is sent", async () => {
    const harness = createHarness(jobOf([callJob("celaner")]), { jobs });
    expect(await harness.start()).toMatchObject({
      end: { reason: expect.stringContaining('there is no job "celaner"') },
    });
    expect(harness.sent).toEqual([]);
  });

  test("goes on elsewhere with the job as it was when the step began", async () => {
    const before = createHarness(jobOf([callJob("clean up")]), { jobs });
    before.acknowledgeBy((change) => (change.steps.some((it) => it.name === "report") ? "lost" : "stored"));
    expect(await before.start()).toEqual({ outcome: "left" });
    const nothingFound = { ...jobs, find: async () => ({ problem: "gone" }) };
    const after = createHarness(jobOf([callJob("clean up")]), { jobs: nothingFound });
    await after.start({ steps: [...before.records.values()] }, { intentIsFresh: false });
    // The first request was in doubt, and has no attempt left; what cleans up is done all the same.
    expect(after.sent.map((it) => new URL(it.url).pathname)).toEqual(["/report"]);
  });
});
