import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JobId } from "../../src/model/job.ts";
import { parseJob } from "../../src/schema/job.ts";
import { errorsOf, jobWith, parseWith, SMALL_JOB, valueOf, warningsOf } from "./job-document.ts";

const ID = "j1" as JobId;

/** Fields of each kind that the parser reads. */
const ALL_KINDS_OF_FIELDS = [
  "name",
  "enabled",
  "hour",
  "minute",
  "schedule",
  "schedules",
  "tz",
  "not_before",
  "where",
  "labels",
  "url",
  "method",
  "headers",
  "params",
  "body",
  "retry",
  "timeout_sec",
  "when",
  "actions",
  "__proto__",
];

describe("a job document", () => {
  test("of the original with one inline request is valid as it is", () => {
    const parsed = parseJob(
      {
        _id: "j1",
        name: "refresh-prices",
        enabled: true,
        hour: null,
        minute: 5,
        method: "POST",
        url: "{{BASE_URL}}/refresh",
        headers: { Authorization: "Bearer {{API_KEY}}" },
        params: { day: "today", page: [1, 2], none: null },
        body: { id: 9007199254740993n, price: new ExactDecimal("0.10") },
        timeout_sec: 20,
        retry: { retries: 3, delay_sec: 2, backoff: 2 },
      },
      ID,
    );
    expect(warningsOf(parsed)).toEqual([]);
    const job = valueOf(parsed);
    expect(job.schedule.entries).toEqual([{ kind: "hour_minute", hour: null, minute: 5 }]);
    expect(job.actions).toHaveLength(1);
    expect(job.actions[0]).toMatchObject({
      method: "POST",
      url: "{{BASE_URL}}/refresh",
      timeoutMs: 20_000,
      retry: { retries: 3, delayMs: 2_000, backoff: 2 },
      body: { id: 9007199254740993n, price: new ExactDecimal("0.10") },
      redirects: 5,
      continueOnFailure: false,
    });
  });

  test("of the original with a chain keeps the order of its actions", () => {
    const job = jobWith({
      url: undefined,
      actions: [
        { type: "http", name: "login", method: "post", url: "https://a/" },
        { type: "http", url: "https://b/", when: { hour_in: [9], minute_in: [0, 30] }, continue_on_failure: true },
      ],
    });
    expect(job.actions.map(({ name, url, method }) => [name, url, method])).toEqual([
      ["login", "https://a/", "POST"],
      [undefined, "https://b/", "GET"],
    ]);
    expect(job.actions[1]).toMatchObject({ when: { hourIn: [9], minuteIn: [0, 30] }, continueOnFailure: true });
  });

  test("that says little gets the defaults of the design", () => {
    expect(jobWith({})).toMatchObject({
      id: "j1",
      description: "",
      owner: "",
      runOn: "leader",
      overlap: "skip",
      catchUp: "last",
      catchUpWindowMs: 3_600_000,
      catchUpMax: 100,
      onAgentLoss: "resume",
      runTimeoutMs: 86_400_000,
      timeoutMs: undefined,
      retry: {},
      schedule: { zone: undefined, notBefore: undefined, notAfter: undefined },
    });
  });

  test("gives its own timeout and retry to the job when it has actions", () => {
    const job = jobWith({
      url: undefined,
      timeout_sec: 7,
      retry: { retries: 0 },
      actions: [{ type: "http", url: "https://a/", timeout_sec: 0.5 }],
    });
    expect(job).toMatchObject({ timeoutMs: 7_000, retry: { retries: 0 } });
    expect(job.actions[0]).toMatchObject({ timeoutMs: 500, retry: {} });
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "job"],
    ["a list", [SMALL_JOB]],
    ["a number", 7],
  ])("that is %s is a problem of the whole", (_, document) => {
    expect(errorsOf(parseJob(document, ID))).toEqual([expect.stringMatching(/^ {2}must be an object, got /)]);
  });

  test("names all of its problems at once, each with its place", () => {
    const parsed = parseWith({ hour: 24, retry: { retries: 1000 }, timeoutsec: 5, enabled: "true", run_on: "many" });
    expect(errorsOf(parsed)).toEqual([
      "/timeoutsec  unknown field; did you mean timeout_sec?",
      '/enabled  must be true or false (without quotes), got "true"',
      "/hour  must be at most 23, got 24",
      '/run_on  must be one of leader, all, got "many"',
      "/retry/retries  must be at most 100, got 1000",
    ]);
  });

  test("keeps a name that looks like an operator as it is", () => {
    expect(jobWith({ name: "$$NOW" }).name).toBe("$$NOW");
  });

  test("without a name is called by its id, with a warning", () => {
    const parsed = parseWith({ name: undefined });
    expect(valueOf(parsed).name).toBe("j1");
    expect(warningsOf(parsed)).toEqual(["/name  is missing; the id is used as name"]);
  });

  test("never makes the parser throw, whatever it holds", () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    const names = fc.constantFrom(...ALL_KINDS_OF_FIELDS);
    const document = fc.oneof(anything, fc.dictionary(names, anything));
    const nested = fc
      .tuple(document, fc.array(document))
      .map(([outer, actions]) =>
        typeof outer === "object" && outer !== null && !Array.isArray(outer) ? { ...outer, actions } : outer,
      );
    fc.assert(
      fc.property(fc.oneof(document, nested), (input) => {
        const parsed = parseJob(input, ID);
        for (const { path } of parsed.ok ? parsed.warnings : parsed.problems) expect(path).toMatch(/^(\/|$)/);
      }),
      { numRuns: 500 },
    );
  });

  test("that contains itself or nests too deeply is a problem", () => {
    const loop: Record<string, unknown> = {};
    loop["again"] = loop;
    expect(errorsOf(parseWith({ method: "POST", body: loop }))).toEqual(["/body/again  contains itself"]);
    let deep: unknown = "bottom";
    for (let level = 0; level < 300; level += 1) deep = [deep];
    expect(errorsOf(parseWith({ method: "POST", body: deep }))).toEqual([
      expect.stringContaining("is nested deeper than 250 levels"),
    ]);
  });
});

describe("enabled", () => {
  test.each([true, false])("%s is taken as it is", (enabled) => {
    expect(jobWith({ enabled }).enabled).toBe(enabled);
  });

  test.each([undefined, null])("%s is off and no problem", (enabled) => {
    const parsed = parseWith({ enabled });
    expect(valueOf(parsed).enabled).toBe(false);
    expect(warningsOf(parsed)).toEqual([]);
  });

  test.each([1, 0, "true", "false", "yes"])("%j is a problem, not a truth", (enabled) => {
    expect(errorsOf(parseWith({ enabled }))).toEqual([expect.stringContaining("/enabled  must be true or false")]);
  });
});

describe("a number", () => {
  test.each([
    ["a double", 5],
    ["an int64", 5n],
  ])("as %s is taken without a word", (_, minute) => {
    const parsed = parseWith({ minute });
    expect(valueOf(parsed).schedule.entries).toEqual([{ kind: "hour_minute", hour: 9, minute: 5 }]);
    expect(warningsOf(parsed)).toEqual([]);
  });

  test.each([
    ["a text", "5"],
    ["a decimal", new ExactDecimal("5")],
    ["a decimal with zeros", new ExactDecimal("5.00")],
  ])("as %s is taken with a warning", (_, minute) => {
    const parsed = parseWith({ minute });
    expect(valueOf(parsed).schedule.entries).toEqual([{ kind: "hour_minute", hour: 9, minute: 5 }]);
    expect(warningsOf(parsed)).toEqual([expect.stringContaining("/minute  is a ")]);
  });

  test.each([
    "five",
    "",
    "5.5",
    5.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    60,
    2n ** 60n,
    new ExactDecimal("5.5"),
    new ExactDecimal("NaN"),
    true,
    [5],
    null,
  ])("that is no minute is a problem: %s", (minute) => {
    expect(errorsOf(parseWith({ minute }))).toEqual([expect.stringMatching(/^\/minute {2}must be /)]);
  });

  test("from whole texts is accepted exactly when the whole number is in range", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 200 }), (minute) => {
        const isMinute = minute >= 0 && minute <= 59;
        expect(parseWith({ minute }).ok).toBe(isMinute);
        expect(parseWith({ minute: String(minute) }).ok).toBe(isMinute);
        expect(parseWith({ minute: minute + 0.5 }).ok).toBe(false);
      }),
    );
  });

  test.each([
    [{ timeout_sec: 0 }, "/timeout_sec  must be at least 0.1, got 0"],
    [{ timeout_sec: Number.NaN }, "/timeout_sec  must be a number from 0.1 to 3600, got NaN"],
    [{ timeout_sec: "soon" }, '/timeout_sec  must be a number from 0.1 to 3600, got "soon"'],
    [{ timeout_sec: -1 }, "/timeout_sec  must be at least 0.1, got -1"],
    [{ timeout_sec: 1e9 }, "/timeout_sec  must be at most 3600, got 1000000000"],
    [{ retry: { retries: -1 } }, "/retry/retries  must be at least 0, got -1"],
    [{ retry: { retries: 1e9 } }, "/retry/retries  must be at most 100, got 1000000000"],
    [{ retry: { delay_sec: -1 } }, "/retry/delay_sec  must be at least 0, got -1"],
    [{ hour: 24 }, "/hour  must be at most 23, got 24"],
    [{ catch_up_max: 0 }, "/catch_up_max  must be at least 1, got 0"],
    [{ run_timeout_sec: 9007199254740993n }, "/run_timeout_sec  must be at most 2592000, got 9007199254740993"],
  ])("out of its bounds is a problem: %o", (fields, problem) => {
    expect(errorsOf(parseWith(fields))).toEqual([problem]);
  });

  test("of seconds may be a fraction", () => {
    expect(jobWith({ timeout_sec: 0.25 }).timeoutMs).toBe(250);
    expect(jobWith({ timeout_sec: "2.5" }).timeoutMs).toBe(2_500);
    expect(jobWith({ timeout_sec: new ExactDecimal("2.5") }).timeoutMs).toBe(2_500);
  });

  test("of backoff and pause is moved to the nearest bound, with a warning", () => {
    const low = parseWith({ retry: { backoff: 0, delay_sec: 1e6 } });
    expect(valueOf(low).retry).toEqual({ delayMs: 3_600_000, backoff: 1 });
    expect(warningsOf(low)).toEqual([
      "/retry/delay_sec  must be from 0 to 3600, got 1000000; 3600 is used",
      "/retry/backoff  must be from 1 to 10, got 0; 1 is used",
    ]);
    expect(jobWith({ retry: { backoff: 1e6 } }).retry).toEqual({ backoff: 10 });
  });
});

describe("an unknown field", () => {
  test("far from every known one is a warning", () => {
    const parsed = parseWith({ created_by: "ann" });
    expect(warningsOf(parsed)).toEqual(['/created_by  unknown field "created_by"; it has no effect']);
    expect(parsed.ok).toBe(true);
  });

  test.each([
    ["enabeld", "enabled"],
    ["Enabled", "enabled"],
    ["scheduel", "schedule"],
    ["timeoutSec", "timeout_sec"],
    ["uri", "url"],
    ["hours", "hour"],
    ["catchup", "catch_up"],
  ])("%s is an error, because %s was meant", (wrong, right) => {
    expect(errorsOf(parseWith({ [wrong]: 1 }))).toEqual([`/${wrong}  unknown field; did you mean ${right}?`]);
  });

  test("is named inside actions too, with escaped pointer", () => {
    const parsed = parseWith({
      url: undefined,
      actions: [{ type: "http", url: "https://a/", metod: "GET", "a/b~c": 1 }],
    });
    expect(errorsOf(parsed)).toEqual(["/actions/0/metod  unknown field; did you mean method?"]);
    expect(warningsOf(parsed)).toEqual(['/actions/0/a~1b~0c  unknown field "a/b~c"; it has no effect']);
  });

  test("that could reach a prototype is refused", () => {
    const document: unknown = JSON.parse(`{"name":"a","url":"https://a/","hour":1,"__proto__":{"enabled":true}}`);
    const parsed = parseJob(document, ID);
    expect(errorsOf(parsed)).toEqual(["/__proto__  this name is refused for safety; remove it"]);
  });
});

describe("what this version does not do", () => {
  test.each([
    [{ jitter_sec: 5 }, "/jitter_sec"],
    [{ vars: { a: 1 } }, "/vars"],
    [{ where: { labels: { site: "seoul" } } }, "/where"],
    [{ on_failure: [{ type: "http", url: "https://a/" }] }, "/on_failure"],
    [{ finally: [{}] }, "/finally"],
    [{ run_on: "any" }, "/run_on"],
    [{ overlap: "queue" }, "/overlap"],
    [{ overlap: "replace" }, "/overlap"],
    [{ depends_on: ["other"] }, "/depends_on"],
    [{ tls: { insecure: true } }, "/tls"],
    [{ expect: { status: [200] } }, "/expect"],
    [{ capture: { a: "$.b" } }, "/capture"],
    [{ auth: { type: "bearer", token: "{{T}}" } }, "/auth"],
    [{ form: { a: "b" } }, "/form"],
    [{ sensitive: true }, "/sensitive"],
    [{ until: { every_sec: 30 } }, "/until"],
    [{ when: { if: [{ value: 1, equals: 1 }] } }, "/when/if"],
    [{ url: undefined, actions: [{ type: "sleep", seconds: 5 }] }, "/actions/0/type"],
    [{ url: undefined, actions: [{ type: "for_each" }] }, "/actions/0/type"],
  ])("is refused, not ignored: %j", (fields, path) => {
    expect(errorsOf(parseWith(fields))).toEqual([expect.stringContaining(`${path}  `)]);
    expect(errorsOf(parseWith(fields))[0]).toContain("not supported by this version");
  });

  test("is fine where it asks for nothing", () => {
    const parsed = parseWith({
      jitter_sec: 0,
      vars: {},
      where: { labels: {}, hostnames: [], machine_ids: [], serials: [] },
      on_failure: [],
      finally: [],
      form: {},
      sensitive: false,
      notify: null,
      when: { if: [] },
    });
    expect(errorsOf(parsed)).toEqual([]);
    expect(warningsOf(parsed)).toEqual([]);
  });
});

describe("what a job does", () => {
  test("is the inline request when actions are empty", () => {
    expect(jobWith({ actions: [] }).actions.map(({ url }) => url)).toEqual(["https://example.com/"]);
  });

  test("must be said", () => {
    expect(errorsOf(parseWith({ url: undefined, actions: [] }))).toEqual([
      "  nothing to do: give a url for one request, or actions for a chain of them",
    ]);
  });

  test("is ambiguous with a URL beside actions", () => {
    expect(errorsOf(parseWith({ actions: [{ type: "http", url: "https://a/" }] }))).toEqual([
      "/url  stands beside actions; keep one of the two",
    ]);
  });

  test("is not guarded by conditions outside of the actions, so those are refused", () => {
    const actions = [{ type: "http", url: "https://a/" }];
    const parsed = parseWith({ url: undefined, actions, when: { hour_in: [9] }, method: "POST" });
    expect(errorsOf(parsed)).toEqual(["/when  has no effect beside actions; write it into them"]);
    expect(warningsOf(parsed)).toEqual(["/method  has no effect beside actions; write it into them"]);
  });

  test.each([
    [{ type: "htpp", url: "https://a/" }, '/actions/0/type  unknown action type "htpp"; did you mean http?'],
    [{ type: "mail" }, '/actions/0/type  unknown action type "mail"; write "http"'],
    [{ url: "https://a/" }, '/actions/0/type  is missing; write "http"'],
    [null, "/actions/0  must be an object, got null"],
    ["https://a/", '/actions/0  must be an object, got "https://a/"'],
    [{ type: "http" }, "/actions/0/url  is missing; say which URL is requested"],
  ])("needs actions of a known shape: %j", (action, problem) => {
    expect(errorsOf(parseWith({ url: undefined, actions: [action] }))).toEqual([problem]);
  });

  test("never happens under an empty list of hours, and that is said", () => {
    const parsed = parseWith({ when: { hour_in: [] } });
    expect(warningsOf(parsed)).toEqual(["/when/hour_in  is empty: the action never runs; leave it out to run always"]);
    expect(valueOf(parsed).actions[0]?.when).toEqual({ hourIn: [], minuteIn: undefined });
  });
});
