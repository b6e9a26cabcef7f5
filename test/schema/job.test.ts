import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JobId } from "../../src/model/job.ts";
import { parseJob } from "../../src/schema/job.ts";
import { errorsOf, jobWith, parseWith, requestsOf, SMALL_JOB, valueOf, warningsOf } from "./job-document.ts";

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
  "on_failure",
  "finally",
  "vars",
  "tls",
  "tests",
  "form",
  "multipart",
  "body_base64",
  "auth",
  "expect",
  "capture",
  "until",
  "sensitive",
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
    expect(requestsOf(job).map(({ name, url, method }) => [name, url, method])).toEqual([
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
      where: { labels: {}, hostnames: [], machineIds: [], serials: [] },
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
    const parsed = parseWith({
      hour: 24,
      retry: { retries: 1000 },
      timeoutsec: 5,
      enabled: "true",
      run_on: "everywhere",
    });
    expect(errorsOf(parsed)).toEqual([
      "/timeoutsec  unknown field; did you mean timeout_sec?",
      '/enabled  must be true or false (without quotes), got "true"',
      "/hour  must be at most 23, got 24",
      '/run_on  must be one of leader, all, any, got "everywhere"',
      "/retry/retries  must be at most 100, got 1000",
    ]);
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
});

describe("a number", () => {
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
    [{ catch_up_max: 0 }, "/catch_up_max  must be at least 1, got 0"],
    [{ run_timeout_sec: 0 }, "/run_timeout_sec  must be at least 1, got 0"],
  ])("out of its bounds is a problem: %o", (fields, problem) => {
    expect(errorsOf(parseWith(fields))).toEqual([problem]);
  });

  test("of seconds may be a fraction", () => {
    expect(jobWith({ timeout_sec: 0.25 }).timeoutMs).toBe(250);
    expect(jobWith({ timeout_sec: "2.5" }).timeoutMs).toBe(2_500);
    expect(jobWith({ timeout_sec: new ExactDecimal("2.5") }).timeoutMs).toBe(2_500);
  });
});

describe("what this version does not do", () => {
  test.each([
    [{ depends_on: ["other"] }, "/depends_on"],
    [{ notify: { on: "error" } }, "/notify"],
  ])("is refused, not ignored: %j", (fields, path) => {
    expect(errorsOf(parseWith(fields))).toEqual([expect.stringContaining(`${path}  `)]);
    expect(errorsOf(parseWith(fields))[0]).toContain("not supported by this version");
  });

  test("is fine where it asks for nothing", () => {
    const parsed = parseWith({
      jitter_sec: 0,
      vars: {},
      on_failure: [],
      finally: [],
      form: {},
      sensitive: false,
      notify: null,
      depends_on: [],
      when: { if: [] },
      multipart: [],
      expect: {},
      capture: {},
      tls: {},
      tests: [],
      retry: {},
    });
    expect(errorsOf(parsed)).toEqual([]);
    expect(warningsOf(parsed)).toEqual([]);
  });
});

describe("where and how a job runs", () => {
  test("is the leader, anywhere, without delay, unless it says otherwise", () => {
    expect(jobWith({})).toMatchObject({
      runOn: "leader",
      where: { labels: {}, hostnames: [], machineIds: [], serials: [] },
      overlap: "skip",
      jitterMs: 0,
    });
  });

  test.each(["leader", "all", "any"])("may be run_on %s", (run_on) => expect(jobWith({ run_on }).runOn).toBe(run_on));

  test.each(["skip", "queue", "replace", "allow"])("may be overlap %s", (overlap) =>
    expect(jobWith({ overlap }).overlap).toBe(overlap),
  );

  test("may be certain machines", () => {
    const where = { labels: { site: "seoul" }, hostnames: ["db-*"], machine_ids: ["m-1"], serials: [1, 2] };
    const { machine_ids: machineIds, ...others } = where;
    expect(jobWith({ where }).where).toEqual({ ...others, machineIds });
  });

  test.each([
    [{ jitter_sec: -1 }, "/jitter_sec  must be at least 0, got -1"],
    [{ run_on: "everywhere" }, '/run_on  must be one of leader, all, any, got "everywhere"'],
    [{ overlap: "wait" }, "/overlap  must be one of skip, queue, replace, allow"],
    [{ where: "db-1" }, '/where  must be an object, got "db-1"'],
    [{ where: { hostname: ["a"] } }, "/where/hostname  unknown field; did you mean hostnames?"],
    [{ where: { hostnames: "db-1" } }, '/where/hostnames  must be a list, got "db-1"'],
    [{ where: { labels: { site: 7 } } }, "/where/labels/site  must be a text, got 7"],
    [{ where: { serials: [0] } }, "/where/serials/0  must be at least 1, got 0"],
    [{ where: { serials: [null] } }, "/where/serials/0  is missing"],
    [{ where: { machine_ids: [""] } }, "/where/machine_ids/0  is empty"],
  ])("can't be %j", (fields, problem) => {
    expect(errorsOf(parseWith(fields))).toEqual([expect.stringContaining(problem)]);
  });
});

describe("what a job does", () => {
  test("is not guarded by conditions outside of the actions, so those are refused", () => {
    const actions = [{ type: "http", url: "https://a/" }];
    const parsed = parseWith({ url: undefined, actions, when: { hour_in: [9] }, method: "POST" });
    expect(errorsOf(parsed)).toEqual(["/when  has no effect beside actions; write it into them"]);
    expect(warningsOf(parsed)).toEqual(["/method  has no effect beside actions; write it into them"]);
  });

  test.each([
    [{ type: "htpp", url: "https://a/" }, '/actions/0/type  unknown action type "htpp"; did you mean http?'],
    [{ type: "mail" }, '/actions/0/type  unknown action type "mail"; write one of http, for_each, sleep, job'],
    [{ url: "https://a/" }, '/actions/0/type  is missing; write "http" (or for_each, sleep, job)'],
    [null, "/actions/0  must be an object, got null"],
    ["https://a/", '/actions/0  must be an object, got "https://a/"'],
    [{ type: "http" }, "/actions/0/url  is missing; say which URL is requested"],
  ])("needs actions of a known shape: %j", (action, problem) => {
    expect(errorsOf(parseWith({ url: undefined, actions: [action] }))).toEqual([problem]);
  });
});
