import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLEANING_MS_MAX } from "../../src/model/cleaning.ts";
import { rehearse } from "../../src/rehearsal/rehearse.ts";
import { parseJsonc } from "../../src/schema/jsonc.ts";
import { jobIn, PARTS, rehearseDocument, testsIn, told } from "./rehearse-document.ts";

const LIST = { type: "http", name: "list", url: "https://a.test/list" };

describe("a rehearsal", () => {
  test("plays hours of waiting and retries as they would come", async () => {
    const actions = [
      { ...LIST, retry: { retries: 2, delay_sec: 3_600, backoff: 1 } },
      { type: "sleep", seconds: 86_400, name: "a day" },
      { type: "sleep", until: "05:30", name: "till morning" },
    ];
    const report = await rehearseDocument(
      { actions, tz: "Europe/Berlin", run_timeout_sec: 604_800 },
      {
        given: {
          scheduled_for: "2026-03-27T05:00:00Z",
          answers: [{ status: 503, times: 2 }, { json: [] }],
        },
        expect: {
          result: "ok",
          steps: { list: { attempts: 3 }, "a day": { result: "ok" } },
          // Two hours and a day, then 05:30 of the next day, whose night is an hour short.
          took_sec: 2 * 3_600 + 86_400 + 20.5 * 3_600,
        },
      },
    );
    expect(told(report)).toEqual([]);
    expect(report.requests.map(({ afterMs, answered }) => `${afterMs / 1_000} ${answered}`)).toEqual([
      "0 503",
      "3600 503",
      "7200 200",
    ]);
  });

  test("comes out the same every time", async () => {
    const document = {
      actions: [
        {
          type: "for_each",
          in: [1, 2, 3, 4, 5],
          as: "n",
          concurrency: 3,
          actions: [
            { ...LIST, method: "POST", multipart: [{ name: "n", value: "{{vars.n}}" }], retry: { retries: 3 } },
          ],
        },
      ],
    };
    const given = { answers: [{ status: 500, times: 4 }, { times: "any" }] };
    const play = () => rehearseDocument(document, { given, expect: { result: "cancelled" } });
    const [one, two] = [await play(), await play()];
    expect(one).toEqual(two);
    expect(one.requests).toHaveLength(9);
  });

  test("takes the hour of a guard in the zone of the job, or in the one that is given", async () => {
    const actions = [{ ...LIST, when: { hour_in: [9] } }];
    const played = async (job: object, given: object) => {
      const scheduled = { scheduled_for: "2026-07-01T07:00:00Z", answers: [{}] };
      const test = { given: { ...scheduled, ...given }, expect: { steps: { list: { result: "ok" } } } };
      return told(await rehearseDocument({ actions, ...job }, test));
    };
    expect(await played({ tz: "Europe/Berlin" }, { tz: "UTC" })).toEqual([]);
    expect(await played({}, { tz: "Europe/Berlin" })).toEqual([]);
    expect(await played({}, { tz: "UTC" })).toEqual(["step list: expected ok, got skipped"]);
  });

  test("names a request that nothing answers, and sends it once", async () => {
    const report = await rehearseDocument(
      { actions: [{ ...LIST, retry: { retries: 5 } }] },
      { given: { answers: [{ step: "login" }] }, expect: { result: "error" } },
    );
    expect(told(report)).toEqual([
      "request 1: expected a given answer that fits it, got none for GET https://a.test/list of step list",
    ]);
    expect(report.unusedAnswers).toEqual([1]);
  });

  test("says which secret is not given; none of this machine's takes part", async () => {
    const report = await rehearseDocument(
      { actions: [{ ...LIST, headers: { "x-key": "{{HOME}}" } }] },
      { given: { answers: [{}] }, expect: { result: "ok" } },
    );
    expect(told(report)).toEqual([
      expect.stringMatching(/^result: expected ok, got error: .*\{\{HOME\}\} is not among/),
    ]);
    expect(report.requests).toEqual([]);
  });

  test("takes a slow answer for a timeout, and a broken connection for a failure of the network", async () => {
    const slow = { ...LIST, timeout_sec: 5, retry: { retries: 2, delay_sec: 1, on: ["timeout"] } };
    const report = await rehearseDocument(
      { actions: [slow] },
      {
        given: { answers: [{ delay_sec: 5 }, { failure: "timeout" }, { failure: "network", delay_sec: 2 }] },
        // The network is not among what is tried again.
        expect: {
          result: "error",
          steps: { list: { attempts: 3, error_matches: "connection broke off" } },
          took_sec: { gte: 5 + 1 + 5 + 1 + 2, lt: 15 },
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("ends a run at its time limit, and cleans up after it", async () => {
    const report = await rehearseDocument(
      {
        run_timeout_sec: 600,
        actions: [{ type: "sleep", seconds: 900 }],
        finally: [{ ...LIST, name: "clean", method: "DELETE" }],
      },
      {
        given: { answers: [{ step: "clean", status: 204 }] },
        expect: {
          result: "error",
          reason_matches: "timed out after 600 s",
          requests: [{ method: "DELETE", url: "https://a.test/list" }],
          took_sec: 600,
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("lets many items wait side by side, also while it cleans up, without a warning of Node's", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => void warnings.push(message);
    process.on("warning", note);
    const wait = [{ type: "sleep", seconds: 10 }];
    const each = {
      type: "for_each",
      in: Array.from({ length: 20 }, (_, item) => item),
      concurrency: 20,
      actions: wait,
    };
    const report = await rehearseDocument(
      { actions: [each], finally: [each] },
      { given: { cancel_after_sec: 5 }, expect: { result: "cancelled", took_sec: 15 } },
    );
    // Node tells of warnings a turn later.
    await new Promise(setImmediate);
    process.off("warning", note);
    expect(told(report)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("gives cleaning up the time that an agent gives it", async () => {
    const report = await rehearseDocument(
      {
        actions: [{ type: "sleep", seconds: 3_600 }],
        finally: [
          { type: "sleep", seconds: CLEANING_MS_MAX / 1_000 - 60 },
          { ...LIST, name: "in time" },
          { type: "sleep", seconds: 120 },
          { ...LIST, name: "too late" },
        ],
      },
      {
        given: { cancel_after_sec: 10, answers: [{}] },
        expect: { result: "cancelled", requests: [{ step: "in time" }], took_sec: 10 + CLEANING_MS_MAX / 1_000 },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("cancels a run when it is told to, and cleans up after it", async () => {
    const poll = { ...LIST, until: { json: [{ path: "$.state", equals: "done" }], every_sec: 60, timeout_sec: 3_600 } };
    const report = await rehearseDocument(
      {
        actions: [poll],
        on_failure: [{ ...LIST, name: "never" }],
        finally: [{ ...LIST, name: "clean", method: "DELETE" }],
      },
      {
        given: {
          cancel_after_sec: 150,
          answers: [
            { step: "list", times: "any", json: {} },
            { step: "clean", delay_sec: 5 },
          ],
        },
        expect: {
          result: "cancelled",
          requests: [{ step: "list", times: 3 }, { step: "clean" }],
          steps: { list: { result: "error" }, never: { result: "not_reached" }, clean: { result: "ok" } },
          took_sec: 155,
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("plays a called job from those that are given, with its own vars", async () => {
    const greet = {
      name: "greet",
      schedule: "0 0 * * *",
      vars: { word: "hello" },
      actions: [{ type: "http", name: "say", url: "https://a.test/{{vars.word}}/{{vars.who}}" }],
    };
    const report = await rehearseDocument(
      { actions: [{ type: "job", name: "greeting", job: "greet", vars: { who: "{{vars.name}}" } }] },
      {
        given: { jobs: [greet], vars: { name: "Ann/e" }, answers: [{ step: "greeting/say" }] },
        expect: {
          result: "ok",
          requests: [{ url: "https://a.test/hello/Ann%2Fe" }],
          steps: { greeting: { result: "ok" } },
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("stops a chain that goes through lists of lists without end", async () => {
    const never = { ...LIST, when: { if: [{ value: "{{vars.inner}}", equals: -1 }] } };
    const inner = { type: "for_each", in: "{{vars.ids}}", as: "inner", actions: [never] };
    const outer = { type: "for_each", in: "{{vars.ids}}", as: "outer", actions: [inner] };
    const ids = Array.from({ length: 2_000 }, (_, index) => index);
    const report = await rehearseDocument({ vars: { ids }, actions: [outer] }, { given: {}, expect: { result: "ok" } });
    expect(told(report)).toEqual([expect.stringMatching(/^the run: expected an end, got its steps changed more than/)]);
  });

  test("does not begin with a job that leads back to itself, and calls none that does", async () => {
    const calling = (name: string, job: string) => ({ name, schedule: "0 0 * * *", actions: [{ type: "job", job }] });
    const test = (jobs: readonly object[]) => ({ given: { jobs, answers: [] }, expect: { result: "error" } });
    const own = await rehearseDocument(calling("the job", "b"), test([calling("b", "the job")]));
    expect(told(own)).toEqual([
      "the run: expected an end, got it calls itself: the job -> b -> the job; take one of these calls away",
    ]);
    const other = await rehearseDocument(calling("the job", "b"), test([calling("b", "b")]));
    expect(told(other)).toEqual([]);
    expect(other.reason).toContain('the given job "b" is invalid: calls itself: b -> b');
  });

  test("tells the steps of items apart, and those that were not reached", async () => {
    const each = {
      type: "for_each",
      name: "hosts",
      in: ["a", "b"],
      as: "host",
      actions: [{ type: "http", name: "check", url: "https://{{vars.host}}.test/" }],
    };
    const report = await rehearseDocument(
      { actions: [each, LIST], retry: { retries: 0 } },
      {
        given: { answers: [{ url: "https://a.test/" }, { step: "hosts/1/check", status: 500 }] },
        expect: {
          result: "error",
          steps: {
            "hosts/0/check": { result: "ok", status: 200 },
            "hosts/1/check": { result: "error", status: { gte: 500 } },
            hosts: { items: { ok: 1, failed: 1, total: 2, skipped: 0 } },
            list: { result: "not_reached" },
          },
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("knows the step of a request whose job sets the header that names it", async () => {
    const own = { ...LIST, method: "POST", headers: { "Idempotency-Key": "mine" } };
    const report = await rehearseDocument(
      { actions: [own] },
      {
        given: { answers: [{ step: "list" }] },
        expect: { requests: [{ step: "list", headers: { "idempotency-key": "mine" } }] },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("fetches a token as a run does, as a request that is no step's own", async () => {
    const auth = {
      type: "oauth2",
      token_url: "https://id.test/token",
      client_id: "me",
      client_secret: "{{CLIENT_SECRET}}",
    };
    const report = await rehearseDocument(
      {
        actions: [
          { ...LIST, auth },
          { ...LIST, name: "again", auth },
        ],
      },
      {
        given: {
          secrets: { CLIENT_SECRET: "client-secret" },
          answers: [
            { step: "list", json: [] },
            { step: "again", json: [] },
            {
              url: "https://id.test/token",
              json: { access_token: "token-1", token_type: "bearer", expires_in: 3_600 },
            },
          ],
        },
        expect: {
          result: "ok",
          requests: [
            { method: "POST", url: "https://id.test/token" },
            { step: "list", headers: { authorization: "Bearer token-1" } },
            { step: "again", headers: { authorization: "Bearer token-1" } },
          ],
        },
      },
    );
    expect(told(report)).toEqual([]);
  });

  test("stops a chain that would go on for ever", async () => {
    const poll = { ...LIST, until: { status: [200], every_sec: 1, timeout_sec: 80_000 }, expect: { status: ["2xx"] } };
    const report = await rehearseDocument(
      { actions: [poll] },
      { given: { answers: [{ status: 204, times: "any" }] }, expect: { result: "ok" } },
    );
    expect(told(report)).toEqual([
      expect.stringMatching(/^the run: expected an end, got it made more than 10000 requests/),
    ]);
  });
});

describe("what a failed test says", () => {
  const post = {
    type: "http",
    name: "submit",
    method: "POST",
    url: "https://a.test/jobs",
    body: { id: 7, tags: ["x"] },
  };
  const differences = async (expected: object) =>
    told(
      await rehearseDocument({ actions: [post, LIST] }, { given: { answers: [{ times: "any" }] }, expect: expected }),
    );

  test("names each place of a body that is otherwise, with both values", async () => {
    expect(
      await differences({
        requests: [{ json: { id: { gt: 7 }, tags: ["x", "y"], note: "z" } }, { step: "list" }],
      }),
    ).toEqual([
      "request 1 (POST https://a.test/jobs), json.id: expected more than 7, got 7",
      'request 1 (POST https://a.test/jobs), json.tags: expected 2 elements, got 1: ["x"]',
      'request 1 (POST https://a.test/jobs), json.note: expected "z", got nothing',
    ]);
    expect(await differences({ requests: [{ json: { id: 7 } }], no_more_requests: false })).toEqual([
      'request 1 (POST https://a.test/jobs), json.tags: expected nothing, got ["x"]',
    ]);
  });

  test("names a header and a text that are otherwise", async () => {
    expect(
      await differences({
        requests: [
          { headers: { "Content-Type": "text/plain", "x-none": { exists: false } }, body: { matches: "^<" } },
          {},
        ],
      }),
    ).toEqual([
      'request 1 (POST https://a.test/jobs), header content-type: expected "text/plain", got "application/json"',
      'request 1 (POST https://a.test/jobs), body: expected a text that matches ^<, got "{\\"id\\":7,\\"tags\\":[\\"x\\"]}"',
    ]);
  });

  test("names the first request that is another one, one that is missing, and one too many", async () => {
    expect(await differences({ requests: [{ step: "list" }, { step: "submit" }] })).toEqual([
      "request 1: expected of step list, got POST https://a.test/jobs of step submit",
    ]);
    expect(await differences({ requests: [{ step: "submit" }, { step: "list", times: 3 }] })).toEqual([
      "request 3: expected of step list (and 1 more), got no further request; 2 were made",
    ]);
    expect(await differences({ requests: [{ url: "*/jobs" }] })).toEqual([
      "request 2: expected no further request, got GET https://a.test/list of step list",
    ]);
    expect(await differences({ requests: [] })).toHaveLength(2);
    expect(await differences({ requests: [{ step: "list" }, { step: "submit" }], any_order: true })).toEqual([]);
  });

  test("names a result, a reason, a step, a captured value and a time that are otherwise", async () => {
    expect(
      await differences({
        result: "error",
        reason_matches: "failed",
        steps: { submit: { result: "error", status: 500, attempts: { gt: 1 } }, nowhere: { result: "ok" } },
        vars: { id: 7 },
        took_sec: { gte: 1 },
      }),
    ).toEqual([
      "result: expected error, got ok",
      "reason: expected a text that matches failed, got nothing",
      "step submit: expected error, got ok",
      "step submit, status: expected 500, got 200",
      "step submit, attempts: expected more than 1, got 1",
      "step nowhere: expected ok, got not reached; the steps were submit, list",
      "vars.id: expected 7, got nothing",
      "took_sec: expected at least 1, got 0",
    ]);
  });

  test("shows no secret, in whatever form it was sent", async () => {
    const secret = 'p@ss "word"';
    const report = await rehearseDocument(
      {
        actions: [
          { ...post, url: "https://a.test/{{KEY}}", body: { key: "{{KEY}}" }, params: { key: "{{KEY}}" } },
          { ...LIST, auth: { type: "basic", username: "me", password: "{{KEY}}" } },
        ],
      },
      {
        given: { secrets: { KEY: secret }, answers: [{ times: "any" }] },
        expect: { requests: [{ body: "other", url: "*" }, { headers: { authorization: "other" } }] },
      },
    );
    expect(report.differences).toHaveLength(2);
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
    forms.push(Buffer.from(`me:${secret}`).toString("base64"));
    for (const form of forms) expect(JSON.stringify(report)).not.toContain(form);
    expect(told(report)[1]).toContain("[secret KEY]");
  });
});

test("the example in the documentation passes its test", async () => {
  const text = readFileSync(new URL("../../docs/testing-jobs.md", import.meta.url), "utf8");
  const [, example = ""] = /```jsonc\n([\s\S]*?)```/.exec(text) ?? [];
  const parsed = parseJsonc(example);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [only] = testsIn(parsed.value);
  if (only === undefined) throw new Error("there is no test in it");
  const report = await rehearse(jobIn(parsed.value as Record<string, unknown>), only, PARTS);
  expect(told(report)).toEqual([]);
  expect(report.requests).toHaveLength(92);
});
