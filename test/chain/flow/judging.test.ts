import { describe, expect, test } from "vitest";
import type { HttpAction } from "../../../src/model/action.ts";
import type { PathRule } from "../../../src/model/matcher.ts";
import type { Step } from "../../../src/model/run.ts";
import { stepKey } from "../../../src/model/run.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/model/time.ts";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";
import { failure, response } from "../answer/responses.ts";
import { createHarness } from "../chain-harness.ts";
import { SCHEDULED_FOR, httpAction, jobOf } from "../job-fixtures.ts";
import { fromPath } from "./actions.ts";

const once = { retries: 0 };
const always = { hourIn: undefined, minuteIn: undefined };
const json = (value: unknown, overrides: Parameters<typeof response>[0] = {}) =>
  response({ body: JSON.stringify(value), headers: { "content-type": "application/json" }, ...overrides });

/** Plays a chain to its end, however long it waits, and tells when each request was sent, in seconds from its start. */
async function play(
  actions: readonly HttpAction[],
  answers: readonly HttpOutcome[],
  job: Parameters<typeof jobOf>[1] = {},
) {
  const harness = createHarness(jobOf(actions, { runTimeoutMs: 2 * DAY_MS, ...job }));
  const left = [...answers];
  const sentAt: number[] = [];
  harness.respondBy(() => {
    sentAt.push((harness.clock.wallNow() - SCHEDULED_FOR) / 1_000);
    return left.shift() ?? response();
  });
  const ended = harness.start();
  await harness.clock.advance(2 * DAY_MS);
  const result = await ended;
  if (result.outcome !== "ended") throw new Error("the run did not end");
  const step = (index: number): Step => {
    const found = result.steps.find((it) => stepKey(it) === String(index));
    if (found === undefined) throw new Error(`step ${index} was not made`);
    return found;
  };
  return { ...harness, end: result.end, step, sentAt, urls: harness.sent.map((it) => it.url) };
}

describe("an expectation", () => {
  const ok: PathRule = { path: "$.ok", matcher: { equals: true } };

  test("that holds makes an answer good, also one of another status than 2xx", async () => {
    const { end, step } = await play(
      [httpAction({ expect: { status: [404], json: [ok] } })],
      [json({ ok: true }, { status: 404 })],
    );
    expect(end.status).toBe("ok");
    expect(step(0)).toMatchObject({ status: "ok", statusCode: 404, error: undefined });
  });

  test("that fails keeps the status and the sample, says the rule and is not repeated", async () => {
    const { end, step, sent } = await play(
      [httpAction({ name: "check", expect: { json: [ok] } })],
      [json({ ok: false })],
    );
    expect(sent).toHaveLength(1);
    expect(step(0)).toMatchObject({ status: "error", statusCode: 200, responseSample: '{"ok":false}', attempts: 1 });
    expect(step(0).error).toMatch(/^HTTP 200, but \$\.ok is false, expected true/);
    expect(end).toMatchObject({ status: "error", reason: expect.stringContaining("$.ok is false") });
  });

  test("is repeated where the retries name it, and may hold then", async () => {
    const action = httpAction({ expect: { json: [ok] }, retry: { on: ["expect"] } });
    const { end, step, sentAt } = await play([action], [json({ ok: false }), json({ ok: false }), json({ ok: true })]);
    expect(end.status).toBe("ok");
    expect(step(0)).toMatchObject({ status: "ok", attempts: 3, error: undefined });
    expect(sentAt).toEqual([0, 3, 9]);
  });

  test("can be compared with what an earlier step captured", async () => {
    const count = httpAction({ name: "count", capture: { n: fromPath("$.n") } });
    const check = httpAction({ expect: { json: [{ path: "$.n", matcher: { gte: "{{vars.n}}" } }] }, retry: once });
    expect((await play([count, check], [json({ n: 9 }), json({ n: 10 })])).end.status).toBe("ok");
    const { step } = await play([count, check], [json({ n: 10 }), json({ n: 9 })]);
    expect(step(1).error).toMatch(/\$\.n is 9, expected at least 10/);
  });

  test("about a secret keeps the secret out of the record", async () => {
    const action = httpAction({
      expect: { json: [{ path: "$.key", matcher: { equals: "{{API_KEY}}" } }] },
      retry: once,
    });
    const { step, changes } = await play([action], [json({ key: "other" })]);
    expect(step(0).error).toMatch(/expected "\[secret API_KEY\]"/);
    expect(JSON.stringify(changes)).not.toContain("s3cr3t");
  });
});

describe("a failure", () => {
  test.each<[string, HttpOutcome]>([
    ["of the network", failure("network", "no route")],
    ["by timeout", failure("timeout", "timed out")],
    ["of 503", response({ status: 503 })],
    ["of 429", response({ status: 429 })],
    ["of 404", response({ status: 404 })],
    ["of 304", response({ status: 304 })],
  ])("%s is repeated by default", async (_, outcome) => {
    const { sent, end } = await play([httpAction({ retry: { retries: 1 } })], [outcome]);
    expect(sent).toHaveLength(2);
    expect(end.status).toBe("ok");
  });

  test("by our own policy is not repeated", async () => {
    const { sent, end } = await play([httpAction({ retry: { retries: 1 } })], [failure("refused", "not allowed")]);
    expect(sent).toHaveLength(1);
    expect(end.status).toBe("error");
  });

  test("of another class than those that the retries name ends the step at once", async () => {
    const action = httpAction({ retry: { retries: 5, on: ["5xx"] } });
    const { sent, step } = await play([action], [response({ status: 500 }), response({ status: 400 })]);
    expect(sent).toHaveLength(2);
    expect(step(0)).toMatchObject({ status: "error", statusCode: 400, error: "HTTP 400", attempts: 2 });
  });

  test("is not repeated beyond the time limit of the retries", async () => {
    const action = httpAction({ retry: { retries: 50, delayMs: 10_000, backoff: 1, totalMs: 35_000 } });
    const busy = Array.from({ length: 60 }, () => response({ status: 500 }));
    expect((await play([action], busy)).sentAt).toEqual([0, 10, 20, 30]);
  });
});

describe("an attempt that was in doubt when its agent was lost", () => {
  const inDoubt = async (retry: HttpAction["retry"]) => {
    const harness = createHarness(jobOf([httpAction({ name: "submit", method: "POST", retry })]));
    const result = await harness.start({}, { intentIsFresh: false });
    if (result.outcome !== "ended") throw new Error("the run did not end");
    return { sent: harness.sent.length, status: result.end.status };
  };

  test("is repeated by whoever goes on, as an answer that did not come is", async () => {
    expect(await inDoubt({ retries: 1 })).toEqual({ sent: 1, status: "ok" });
    expect(await inDoubt({ retries: 1, on: ["timeout"] })).toEqual({ sent: 1, status: "ok" });
  });

  test("is not repeated where the retries name no such failure", async () => {
    expect(await inDoubt({ retries: 1, on: ["429", "5xx"] })).toEqual({ sent: 0, status: "unknown" });
  });
});

describe("Retry-After", () => {
  const busy = (wait: string) => response({ status: 429, headers: { "retry-after": wait } });

  test("in seconds makes a pause longer, never shorter", async () => {
    expect((await play([httpAction()], [busy("60"), busy("1")])).sentAt).toEqual([0, 60, 66]);
  });

  test("as a date makes a pause last until then", async () => {
    const { sentAt } = await play([httpAction()], [busy(new Date(SCHEDULED_FOR + 5 * MINUTE_MS).toUTCString())]);
    expect(sentAt).toEqual([0, 300]);
  });

  test("is no longer than the longest pause", async () => {
    expect((await play([httpAction({ retry: { maxDelayMs: 20_000 } })], [busy("86400")])).sentAt).toEqual([0, 20]);
    expect((await play([httpAction()], [busy("86400")])).sentAt).toEqual([0, HOUR_MS / 1_000]);
  });
});

describe("a captured value", () => {
  test("keeps its type in a text that is one template, and is text within a longer one", async () => {
    const list = httpAction({
      capture: {
        ids: fromPath("$.items[*].id"),
        big: fromPath("$.big"),
        first: fromPath("$.items[0]"),
        none: fromPath("$.none"),
      },
    });
    const submit = httpAction({
      method: "POST",
      body: {
        ids: "{{vars.ids}}",
        big: "{{vars.big}}",
        first: "{{vars.first}}",
        none: "{{vars.none}}",
        text: "n={{vars.big}}",
      },
    });
    const body = '{"items":[{"id":1},{"id":"b"}],"big":9007199254740993,"none":null}';
    const { sent } = await play([list, submit], [response({ body })]);
    expect(sent[1]?.body).toBe(
      '{"ids":[1,"b"],"big":9007199254740993,"first":{"id":1},"none":null,"text":"n=9007199254740993"}',
    );
  });

  test("is stored with its step, and what templates name of an answer as well", async () => {
    const login = httpAction({ name: "login", capture: { token: fromPath("$.token") } });
    const use = httpAction({ url: "http://x.test/{{steps.login.json.user.id}}?at={{steps.login.headers.Date}}" });
    const answer = json({ token: "t0ken", user: { id: 7 } }, { headers: { date: "today" } });
    const { step, urls } = await play([login, use], [answer]);
    expect(urls[1]).toBe("http://x.test/7?at=today");
    expect(step(0).values).toEqual({ token: "t0ken", "json$.user.id": 7, "header:date": "today" });
  });

  test("that is too large fails the step in words that name it", async () => {
    const { step, end } = await play([httpAction({ capture: { all: fromPath("$") } })], [json("x".repeat(300_000))]);
    expect(step(0)).toMatchObject({
      status: "error",
      statusCode: 200,
      error: expect.stringContaining("the capture all is too large"),
    });
    expect(end.status).toBe("error");
  });

  test("of a sensitive step is used and never stored, nor is anything of the answer", async () => {
    const login = httpAction({ name: "login", sensitive: true, capture: { token: fromPath("$.token") } });
    const use = httpAction({ headers: { "x-token": "{{vars.token}}" } });
    const { sent, changes, end } = await play(
      [login, use],
      [json({ token: "v3ry-pr1vate" }), response({ body: "you: v3ry-pr1vate" })],
    );
    expect(sent[1]?.headers["x-token"]).toBe("v3ry-pr1vate");
    expect(end.status).toBe("ok");
    expect(JSON.stringify(changes)).not.toContain("v3ry");
  });

  test.each<[string, Partial<HttpAction>, HttpOutcome]>([
    ["whose answer was too slow", { expect: { maxMs: 1 } }, json({ token: "v3ry-pr1vate" })],
    ["whose answer holds another value than expected", {}, json({ token: "v3ry-pr1vate", ok: false })],
    ["whose answer is of a bad status", {}, json({ token: "v3ry-pr1vate" }, { status: 500 })],
    ["whose answer was cut", {}, response({ body: '{"token":"v3ry-pr1vate', truncated: true })],
    ["whose answer is too large", {}, json({ token: "v3ry-pr1vate", large: "x".repeat(300_000) })],
  ])("that is sensitive is not told of a step %s", async (_, overrides, outcome) => {
    const rules = ["$.token", "$.ok"].map((text): PathRule => ({ path: text, matcher: { matches: "^true$" } }));
    const login = httpAction({
      retry: { retries: 1, on: ["expect"] },
      expect: { json: rules },
      capture: { token: fromPath("$.token", { sensitive: true }), large: fromPath("$.large") },
      ...overrides,
    });
    const { changes, end } = await play([login], [outcome, outcome]);
    expect(end.status).toBe("error");
    expect(JSON.stringify(changes)).not.toContain("v3ry");
  });

  test("in which a known secret is found is used and never stored", async () => {
    const echo = httpAction({ name: "echo", headers: { key: "{{API_KEY}}" }, capture: { all: fromPath("$") } });
    const use = httpAction({ method: "POST", body: "{{vars.all.seen}}/{{steps.echo.text}}" });
    const { sent, changes } = await play([echo, use], [json({ seen: "s3cr3t-key" })]);
    expect(sent[1]?.body).toBe('s3cr3t-key/{"seen":"s3cr3t-key"}');
    expect(JSON.stringify(changes)).not.toContain("s3cr3t");
  });
});

describe("a name that two steps have", () => {
  test("stands for the later one that was made, not for one that was skipped", async () => {
    const never = { ...always, hourIn: [3] };
    const steps = (when: HttpAction["when"]) => [
      httpAction({ name: "rate", url: "http://x.test/1", capture: { rate: fromPath("$.rate") } }),
      httpAction({ name: "rate", url: "http://x.test/2", capture: { rate: fromPath("$.rate") }, when }),
      httpAction({ method: "POST", body: ["{{steps.rate.json.rate}}", "{{vars.rate}}", "{{steps.rate.result}}"] }),
    ];
    const answers = [json({ rate: 1 }), json({ rate: 2 })];
    expect((await play(steps(always), answers)).sent.at(-1)?.body).toBe('[2,2,"ok"]');
    expect((await play(steps(never), answers)).sent.at(-1)?.body).toBe('[1,1,"ok"]');
  });
});

test("a fact of the run can be named in either way", async () => {
  const { urls } = await play([httpAction({ url: 'http://x.test/{{job.name}}/{{job["name"]}}' })], []);
  expect(urls).toEqual(["http://x.test/refresh%20prices/refresh%20prices"]);
});

describe("a value that is not there", () => {
  test.each([
    ["{{vars.token}}", "captured by a step that found nothing"],
    ["{{vars.nobody}}", "captured by nobody"],
    ["{{steps.login.json.token}}", "not in the answer"],
    ["{{steps.login.headers.x-token}}", "not among the headers"],
    ["{{NOBODY}}", "no secret"],
  ])("as %s (%s) fails the step before anything is sent, in words that name it", async (template) => {
    const login = httpAction({ name: "login", capture: { token: fromPath("$.token") } });
    const equals: PathRule = { path: "$", matcher: { equals: template } };
    const asking: Readonly<Record<string, Partial<HttpAction>>> = {
      body: { method: "POST", body: { a: [template] } },
      header: { headers: { a: template } },
      expect: { expect: { bodyMatches: template } },
      until: { until: { rules: { json: [equals] }, everyMs: 1_000, timeoutMs: 1_000 } },
      auth: { auth: { type: "bearer", token: template } },
    };
    for (const [place, overrides] of Object.entries(asking)) {
      const { sent, step, end } = await play([login, httpAction(overrides)], [json({})]);
      expect({ place, sent: sent.length }).toEqual({ place, sent: 1 });
      expect({ place, ...step(1) }).toMatchObject({
        status: "error",
        attempts: 0,
        error: expect.stringContaining(template),
      });
      expect(end.status).toBe("error");
    }
  });

  test("is no error where a condition asks for it", async () => {
    const login = httpAction({ name: "login", capture: { token: fromPath("$.token") } });
    const onlyWith = httpAction({ when: { ...always, if: [{ value: "{{vars.token}}", matcher: { exists: true } }] } });
    const { step, end } = await play([login, onlyWith], [json({})]);
    expect(step(1).status).toBe("skipped_when");
    expect(end.status).toBe("ok");
  });
});

describe("an until", () => {
  const until = (everyMs: number, timeoutMs: number) => ({
    rules: { json: [{ path: "$.job_state", matcher: { in: ["complete", "cancelled"] } }] },
    everyMs,
    timeoutMs,
  });
  const empty = json(undefined, { status: 204, body: "" });

  test("asks again while the answer is not as wanted, a 204 with an empty JSON body among them", async () => {
    const poll = httpAction({
      name: "poll",
      until: until(30_000, HOUR_MS),
      capture: { state: fromPath("$.job_state") },
    });
    const answers = [empty, json({ job_state: "waiting" }), empty, json({ job_state: "complete" })];
    const { sentAt, step, end } = await play([poll], answers);
    expect(sentAt).toEqual([0, 30, 60, 90]);
    expect(step(0)).toMatchObject({ status: "ok", statusCode: 200, polls: 3, values: { state: "complete" } });
    expect(end.status).toBe("ok");
  });

  test("has the retries of its step for each poll", async () => {
    const poll = httpAction({ name: "poll", until: until(30_000, HOUR_MS), retry: { retries: 1 } });
    const down = response({ status: 503 });
    const answers = [down, empty, down, empty, down, json({ job_state: "complete" })];
    const { sentAt, end } = await play([poll], answers);
    expect(sentAt).toEqual([0, 3, 33, 36, 66, 69]);
    expect(end.status).toBe("ok");
    expect((await play([poll], [empty, down, down])).end).toMatchObject({
      status: "error",
      reason: expect.stringContaining("HTTP 503"),
    });
  });

  test("fails at its time limit, says what was open, and keeps the last answer", async () => {
    const poll = httpAction({ name: "poll", until: until(30_000, 2 * MINUTE_MS) });
    const { sentAt, step } = await play(
      [poll],
      Array.from({ length: 99 }, () => json({ job_state: "waiting" })),
    );
    expect(sentAt).toEqual([0, 30, 60, 90, 120]);
    expect(step(0)).toMatchObject({
      status: "error",
      statusCode: 200,
      responseSample: '{"job_state":"waiting"}',
      polls: 5,
    });
    expect(step(0).error).toMatch(/120 s.*\$\.job_state is "waiting", expected one of/);
  });

  test("is not asked of an answer that is not good", async () => {
    const poll = httpAction({ name: "poll", until: until(30_000, HOUR_MS), retry: once });
    const { sent, step } = await play([poll], [json({ job_state: "complete" }, { status: 404 })]);
    expect(sent).toHaveLength(1);
    expect(step(0)).toMatchObject({ status: "error", error: "HTTP 404" });
  });

  test("takes an expected status for good, whatever it is", async () => {
    const poll = httpAction({ expect: { status: ["2xx", 404] }, until: until(30_000, HOUR_MS) });
    const { sentAt, end } = await play([poll], [json({}, { status: 404 }), json({ job_state: "complete" })]);
    expect(sentAt).toEqual([0, 30]);
    expect(end.status).toBe("ok");
  });
});

describe("a step that failed in a chain that goes on", () => {
  const ids = { ids: fromPath("$.items[*].id", { default: [] }), token: fromPath("$.token") };
  const use = httpAction({ method: "POST", body: { ids: "{{vars.ids}}" } });
  const list = (overrides: Partial<HttpAction> = {}) =>
    httpAction({ name: "list", continueOnFailure: true, retry: once, capture: ids, ...overrides });
  const good = json({ items: [{ id: 1 }], token: "t" });

  test.each<[string, HttpAction, HttpOutcome]>([
    ["by its status", list(), json({ items: [{ id: 1 }] }, { status: 500 })],
    ["without an answer", list(), failure("timeout", "timed out after 30 s")],
    ["by an expectation", list({ expect: { json: [{ path: "$.ok", matcher: { equals: true } }] } }), good],
    ["because it could not be sent", list({ url: "http://x.test/{{NOBODY}}" }), good],
    ["because its answer was too long to be captured", list(), response({ body: '{"items":[', truncated: true })],
    [
      "at the time limit of its until",
      list({
        until: { rules: { json: [{ path: "$.ok", matcher: { equals: true } }] }, everyMs: 1_000, timeoutMs: 500 },
      }),
      good,
    ],
  ])("%s gives the defaults of its captures", async (_, action, outcome) => {
    const { sent, step, end } = await play([action, use], [outcome]);
    expect(step(0).status).toBe("error");
    expect(sent.at(-1)?.body).toBe('{"ids":[]}');
    expect(end.status).toBe("ok");
  });

  test("gives a default of null as null", async () => {
    const action = list({ capture: { ids: fromPath("$.ids", { default: null }) } });
    expect((await play([action, use], [failure("network", "down")])).sent[1]?.body).toBe('{"ids":null}');
  });

  test("gives no value where a capture has no default", async () => {
    const { step } = await play(
      [list(), httpAction({ headers: { token: "{{vars.token}}" } })],
      [failure("network", "down")],
    );
    expect(step(1)).toMatchObject({ status: "error", attempts: 0, error: expect.stringContaining("{{vars.token}}") });
  });

  test("tells later steps its status, its result, its error and its answer", async () => {
    const told = httpAction({
      method: "POST",
      body: ["{{steps.list.status}}", "{{steps.list.result}}", "{{steps.list.error}}", "{{steps.list.json.why}}"],
    });
    const { sent } = await play([list(), told], [json({ why: "full" }, { status: 507 })]);
    expect(sent[1]?.body).toBe('[507,"error","HTTP 507","full"]');
  });
});
