import { describe, expect, test } from "vitest";
import type { Job, RevisionId } from "../../../src/model/job.ts";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { callJob, forEach, fromPath, request } from "./actions.ts";

const at = (template: string) => request("use", { url: `${template}/health`, retry: { retries: 0 } });
const NOT_FROM_AN_ANSWER = expect.stringContaining("can't say where a request goes");

async function play(job: Job, run = {}) {
  const harness = createHarness(job, {
    jobs: {
      find: async () => ({ job: jobOf([at("{{vars.base}}")]), revision: "r" as RevisionId }),
      revision: async () => undefined,
    },
  });
  harness.respondBy(() => answer(200, '{"base":"http://evil.test"}'));
  await harness.start(run);
  return { urls: harness.sent.map((it) => it.url), first: harness.stored[0], last: harness.stored.at(-1), harness };
}

const ask = request("ask", { capture: { base: fromPath("$.base") } });

describe("where a request goes", () => {
  test("can be said by the vars of the job, also through a secret among them", async () => {
    const { urls } = await play(jobOf([at("{{vars.base}}")], { vars: { base: "{{BASE_URL}}/v1" } }));
    expect(urls).toEqual(["http://base.test/v1/health"]);
  });

  test("can be said by whoever asks for the run", async () => {
    const { urls } = await play(jobOf([at("{{vars.base}}")]), { vars: { base: "http://asked.test" } });
    expect(urls).toEqual(["http://asked.test/health"]);
  });

  test("can be said by a list that stands in the job", async () => {
    const list = ["http://one.test", "{{BASE_URL}}"];
    expect((await play(jobOf([forEach(list, [at("{{vars.item}}")])]))).urls).toEqual([
      "http://one.test/health",
      "http://base.test/health",
    ]);
    const named = jobOf([forEach("{{vars.hosts}}", [at("{{vars.item}}")])], { vars: { hosts: list } });
    expect((await play(named)).urls).toHaveLength(2);
  });

  test("can't be said by an answer, neither itself nor through a list or another job", async () => {
    expect((await play(jobOf([ask, at("{{vars.base}}")]))).last).toMatchObject({ error: NOT_FROM_AN_ANSWER });
    const through = forEach(["{{vars.base}}"], [at("{{vars.item}}")]);
    expect((await play(jobOf([ask, through]))).last).toMatchObject({ error: NOT_FROM_AN_ANSWER });
    const called = jobOf([ask, callJob("other", { base: "{{vars.base}}" })]);
    expect((await play(called)).last).toMatchObject({ error: NOT_FROM_AN_ANSWER });
    const { urls } = await play(jobOf([callJob("other", { base: "http://written.test" })]));
    expect(urls).toEqual(["http://written.test/health"]);
  });

  test("is not changed by an empty value in its path", async () => {
    const remove = request("use", { method: "DELETE", url: "http://target.test/items/{{vars.id}}" });
    const { urls, first } = await play(jobOf([remove], { vars: { id: "" } }));
    expect(urls).toEqual([]);
    expect(first).toMatchObject({ status: "error", error: expect.stringContaining("{{vars.id}} is empty") });
  });
});
