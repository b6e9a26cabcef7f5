import { describe, expect, test } from "vitest";
import { errorsOf, jobWith, parseWith, warningsOf } from "./job-document.ts";

const HTTP = { type: "http", url: "https://example.com/" };
const GUARD = { hourIn: undefined, minuteIn: undefined };

const chainOf = (...actions: readonly unknown[]) => ({ url: undefined, actions });
const errorsIn = (...actions: readonly unknown[]) => errorsOf(parseWith(chainOf(...actions)));
const warningsIn = (...actions: readonly unknown[]) => warningsOf(parseWith(chainOf(...actions)));
const firstOf = (action: unknown) => jobWith(chainOf(action)).actions[0];

/** `for_each` in `for_each`, so deep. */
function nested(depth: number): Record<string, unknown> {
  return { type: "for_each", in: [1], actions: [depth === 1 ? HTTP : nested(depth - 1)] };
}

describe("for_each", () => {
  test("takes a list, or one template that gives one, and does its actions for each item", () => {
    const inner = { type: "http", name: "get", url: "https://example.com/{{vars.host}}" };
    const read = firstOf({
      type: "for_each",
      name: "hosts",
      in: ["a", { deep: 9007199254740993n }],
      as: "host",
      concurrency: 4,
      actions: [inner],
      on_failure: [{ ...HTTP, name: "f" }],
      finally: [{ ...HTTP, name: "e" }],
      continue_on_failure: true,
    });
    expect(read).toMatchObject({
      type: "for_each",
      name: "hosts",
      in: ["a", { deep: 9007199254740993n }],
      as: "host",
      concurrency: 4,
      actions: [{ type: "http", name: "get" }],
      onFailure: [{ name: "f" }],
      finally: [{ name: "e" }],
      continueOnFailure: true,
    });
    expect(
      jobWith({ vars: { ids: [1] }, ...chainOf({ type: "for_each", in: "{{vars.ids}}", actions: [HTTP] }) }),
    ).toMatchObject({
      actions: [
        { in: "{{vars.ids}}", as: "item", concurrency: 1, onFailure: [], finally: [], continueOnFailure: false },
      ],
    });
  });

  test.each([
    [{ actions: [HTTP] }, '/actions/0/in  must be a list, or a template that gives one such as "{{vars.ids}}"'],
    [
      { in: "a,b", actions: [HTTP] },
      '/actions/0/in  must be a list, or a template that gives one such as "{{vars.ids}}", got "a,b"',
    ],
    [{ in: {}, actions: [HTTP] }, "/actions/0/in  must be a list, or a template that gives one"],
    [
      { in: Array.from({ length: 2_001 }, () => 1), actions: [HTTP] },
      "/actions/0/in  must have at most 2000 elements, got 2001",
    ],
    [{ in: [] }, "/actions/0/actions  is missing; say what is done with each item"],
    [{ in: [], actions: [] }, "/actions/0/actions  is missing; say what is done with each item"],
    [{ in: [], actions: [HTTP], concurrency: 0 }, "/actions/0/concurrency  must be at least 1, got 0"],
    [{ in: [], actions: [HTTP], concurrency: 101 }, "/actions/0/concurrency  must be at most 100, got 101"],
    [{ in: [], actions: [HTTP], as: "my host" }, "/actions/0/as  is not a name that a template can use"],
    [{ in: [], actions: [HTTP], as: "constructor" }, '/actions/0/as  the name "constructor" is refused for safety'],
    [
      { in: [], actions: [{ ...HTTP, metod: "GET" }] },
      "/actions/0/actions/0/metod  unknown field; did you mean method?",
    ],
  ])("%j is told what is wrong with it", (fields, problem) => {
    expect(errorsIn({ type: "for_each", ...fields })).toEqual([expect.stringContaining(problem)]);
  });

  test("goes three deep and no deeper", () => {
    expect(errorsIn(nested(3))).toEqual([]);
    expect(errorsIn(nested(4))).toEqual([
      expect.stringMatching(/^\/actions\/0\/actions\/0\/actions\/0\/actions\/0 {2}lies in more than 2 other for_each/),
    ]);
  });
});

describe("a field of another type of action", () => {
  test("is an unknown one, which has no effect", () => {
    const sleep = { type: "sleep", seconds: 1, url: "https://a/", expect: {} };
    expect(errorsIn(sleep)).toEqual([]);
    expect(warningsIn(sleep)).toEqual([
      '/actions/0/url  unknown field "url"; it has no effect',
      '/actions/0/expect  unknown field "expect"; it has no effect',
    ]);
  });
});

describe("the number of actions", () => {
  test("is at most 1,000 in a job, those inside others counted", () => {
    const many = (count: number) => Array.from({ length: count }, () => HTTP);
    const job = (count: number) => ({
      ...chainOf({ type: "for_each", in: [1], actions: many(500) }, ...many(count)),
      finally: many(10),
    });
    expect(errorsOf(parseWith(job(489)))).toEqual([]);
    expect(errorsOf(parseWith(job(490)))).toEqual([
      expect.stringMatching(/^\/finally {2}makes more than 1000 actions in this job/),
    ]);
  });
});

describe("sleep", () => {
  test.each([
    [{ seconds: 5 }, { for: 5_000, until: undefined }],
    [{ seconds: 0.5 }, { for: 500, until: undefined }],
    [{ seconds: 30 * 86_400 }, { for: 30 * 86_400_000, until: undefined }],
    [{ seconds: "{{vars.n}}" }, { for: "{{vars.n}}", until: undefined }],
    [{ until: "14:30" }, { for: undefined, until: "14:30" }],
    [{ until: "2026-12-01T09:00" }, { for: undefined, until: "2026-12-01T09:00" }],
    [{ until: "2026-12-01T09:00+09:00" }, { for: undefined, until: "2026-12-01T09:00+09:00" }],
    [{ until: "2026-12-01T09:00:30.5Z" }, { for: undefined, until: "2026-12-01T09:00:30.5Z" }],
    [{ until: "{{vars.at}}" }, { for: undefined, until: "{{vars.at}}" }],
    [{ until: new Date("2026-12-01T09:00:00Z") }, { for: undefined, until: "2026-12-01T09:00:00.000Z" }],
  ])("for %j", (fields, read) => {
    const job = jobWith({ vars: { n: 5, at: "14:30" }, ...chainOf({ type: "sleep", ...fields }) });
    expect(job.actions[0]).toEqual({ type: "sleep", name: undefined, when: GUARD, continueOnFailure: false, ...read });
  });

  test.each([
    [{}, '/actions/0  does not say how long; write "seconds": 60, or "until": "14:30"'],
    [{ seconds: 1, until: "14:30" }, "/actions/0/until  stands beside seconds; keep one of the two"],
    [{ seconds: -1 }, "/actions/0/seconds  must be at least 0, got -1"],
    [{ seconds: 30 * 86_400 + 1 }, "/actions/0/seconds  must be at most 2592000, got 2592001"],
    [{ seconds: "soon" }, '/actions/0/seconds  must be a number from 0 to 2592000, got "soon"'],
    [{ until: "25:00" }, '/actions/0/until  "25:00" is not a time'],
    [{ until: "tomorrow" }, '/actions/0/until  "tomorrow" is not a time'],
    [{ until: "2026-02-30T09:00" }, "/actions/0/until  "],
  ])("%j is told what is wrong with it", (fields, problem) => {
    expect(errorsIn({ type: "sleep", ...fields })).toEqual([expect.stringContaining(problem)]);
  });
});

describe("job", () => {
  test("calls another one by id or name, with vars of its own", () => {
    expect(firstOf({ ...HTTP, type: "job", job: "clean up", vars: { keep: 3 } })).toMatchObject({
      type: "job",
      job: "clean up",
      vars: { keep: 3 },
    });
  });

  test.each([
    [{}, "/actions/0/job  is missing; say which job: its id or name"],
    [{ job: 7 }, "/actions/0/job  must be a text, got 7"],
    [{ job: "{{vars.which}}" }, "/actions/0/job  can't be a template"],
    [{ job: "a", vars: [] }, "/actions/0/vars  must be an object, got a list"],
    [{ job: "a", vars: { "a b": 1 } }, "/actions/0/vars/a b  is not a name that a template can use"],
    [{ job: "a", vars: { a: "{{steps.x.status}}" } }, "/actions/0/vars/a  {{steps.x.status}}: no action before it"],
  ])("%j is told what is wrong with it", (fields, problem) => {
    expect(errorsIn({ type: "job", ...fields })).toEqual([expect.stringContaining(problem)]);
  });
});

describe("when.if", () => {
  test("compares values, mostly templates, with the matchers", () => {
    const when = {
      hour_in: [9],
      if: [
        { value: "{{steps.list.status}}", equals: 200, not_equals: null },
        { value: "{{vars.n}}", in: [1, 2], not_in: "{{vars.ids}}", gt: 1, gte: "a", lt: 9007199254740993n, lte: 5 },
        { value: null, exists: false, matches: "^a" },
      ],
    };
    const job = jobWith({ vars: { n: 1, ids: [] }, ...chainOf({ ...HTTP, name: "list" }, { ...HTTP, when }) });
    expect(job.actions[1]?.when).toEqual({
      hourIn: [9],
      minuteIn: undefined,
      if: [
        { value: "{{steps.list.status}}", matcher: { equals: 200, notEquals: null } },
        {
          value: "{{vars.n}}",
          matcher: { in: [1, 2], notIn: "{{vars.ids}}", gt: 1, gte: "a", lt: 9007199254740993n, lte: 5 },
        },
        { value: null, matcher: { exists: false, matches: "^a" } },
      ],
    });
  });

  test.each([
    [{}, "/value  is missing"],
    [{ value: 1 }, "  says nothing to compare with; write one of equals, not_equals,"],
    [{ value: 1, equal: 1 }, "/equal  unknown field; did you mean equals?"],
    [{ value: 1, in: "1,2" }, '/in  must be a list, or a template that gives one, got "1,2"'],
    [{ value: 1, gt: true }, "/gt  must be a number or a text, which have an order, got true"],
    [{ value: 1, exists: "yes" }, '/exists  must be true or false (without quotes), got "yes"'],
    [{ value: 1, matches: "(" }, "/matches  "],
    [{ value: 1, matches: "a".repeat(513) }, "/matches  "],
    [{ value: 1, matches: "(?=a)b" }, "/matches  "],
    [{ value: "{{steps.nope.status}}", equals: 1 }, "/value  {{steps.nope.status}}: no action before it is named nope"],
    ["{{vars.a}} == 1", '  must be an object, got "{{vars.a}} == 1"'],
    [null, "  must be an object, got null"],
  ])("%j is told what is wrong with it", (condition, problem) => {
    const errors = errorsIn({ ...HTTP, when: { if: [condition] } });
    expect(errors).toContainEqual(expect.stringContaining(`/actions/0/when/if/0${problem}`));
  });
});

describe("on_failure and finally", () => {
  test("are lists of actions, beside a chain and beside one request", () => {
    const lists = { on_failure: [HTTP], finally: [{ type: "sleep", seconds: 1 }] };
    for (const job of [jobWith(lists), jobWith({ ...chainOf(HTTP), ...lists })]) {
      expect(job.onFailure).toMatchObject([{ type: "http" }]);
      expect(job.finally).toMatchObject([{ type: "sleep" }]);
    }
    expect(jobWith({})).not.toHaveProperty("onFailure");
    expect(errorsOf(parseWith({ finally: [{ type: "http" }] }))).toEqual([
      "/finally/0/url  is missing; say which URL is requested",
    ]);
  });
});

describe("the names that templates use", () => {
  const uses = (text: string) => ({ ...HTTP, method: "POST", body: { deep: [text] } });
  const AT = "/body/deep/0";

  test("of steps and captures are there for what comes after, in lists around and lists that follow", () => {
    const login = { ...HTTP, name: "log in", capture: { token: "$.token" } };
    const use = uses('{{steps["log in"].status}} {{vars.token}} {{vars.base}}');
    const job = {
      vars: { base: 1 },
      ...chainOf(login, use, { type: "for_each", in: [1], actions: [use], on_failure: [use], finally: [use] }),
      on_failure: [use],
      finally: [use],
    };
    expect(errorsOf(parseWith(job))).toEqual([]);
    expect(warningsOf(parseWith(job))).toEqual([]);
  });

  test("of a step that comes later, is misspelt or lies inside another are errors that name the near one", () => {
    const errors = errorsIn(
      { ...HTTP, name: "login" },
      uses("{{steps.logn.status}}"),
      uses("{{steps.later.status}}"),
      {
        type: "for_each",
        name: "items",
        in: [1],
        actions: [{ ...HTTP, name: "inner" }, uses("{{steps.inner.status}}")],
      },
      uses("{{steps.inner.status}}"),
      { ...HTTP, name: "later" },
    );
    expect(errors).toEqual([
      `/actions/1${AT}  {{steps.logn.status}}: no action before it is named logn; did you mean steps.login?`,
      `/actions/2${AT}  {{steps.later.status}}: no action before it is named later; give the action that is meant this name`,
      `/actions/4${AT}  {{steps.inner.status}}: no action before it is named inner; give the action that is meant this name`,
    ]);
  });

  test("of a step itself are not there for its own request", () => {
    expect(errorsIn({ ...uses("{{steps.me.status}}"), name: "me" })).toEqual([
      expect.stringContaining(`/actions/0${AT}  {{steps.me.status}}: no action before it is named me`),
    ]);
  });

  test.each([
    ["{{steps.items.total}}", undefined],
    ["{{steps.items.result}}", undefined],
    ["{{steps.items.json.a}}", "names nothing that a for_each step has; use result, error, total, ok, failed, skipped"],
    ["{{steps.get.total}}", "names nothing that a http step has; use status, result, error, json, text, headers"],
    ["{{steps.get.headers.location}}", undefined],
    ["{{steps.wait.status}}", "names nothing that a sleep step has; use result, error"],
  ])("%s is what the type of the step has, or an error", (text, problem) => {
    const errors = errorsIn(
      { ...HTTP, name: "get" },
      { type: "for_each", name: "items", in: [1], actions: [HTTP] },
      { type: "sleep", name: "wait", seconds: 1 },
      uses(text),
    );
    expect(errors).toEqual(problem === undefined ? [] : [`/actions/3${AT}  ${text} ${problem}`]);
  });

  test("of values that nothing gives are a warning, because whoever runs the job can give them", () => {
    const item = {
      type: "for_each",
      in: [1],
      as: "host",
      actions: [uses("{{vars.host}}"), { ...HTTP, capture: { id: "$.a" } }],
    };
    const job = {
      vars: { token: "a" },
      ...chainOf(uses("{{vars.tokn}}"), item, uses("{{vars.host}}"), uses("{{vars.id}}")),
    };
    expect(errorsOf(parseWith(job))).toEqual([]);
    expect(warningsOf(parseWith(job))).toEqual([
      `/actions/0${AT}  {{vars.tokn}}: neither "vars" nor a capture before it gives tokn, so whoever runs the job must give it; did you mean vars.token?`,
      `/actions/2${AT}  {{vars.host}}: neither "vars" nor a capture before it gives host, so whoever runs the job must give it`,
      `/actions/3${AT}  {{vars.id}}: neither "vars" nor a capture before it gives id, so whoever runs the job must give it`,
    ]);
  });

  test("are warned about once where several actions before have them", () => {
    const twin = { ...HTTP, name: "twin" };
    expect(warningsIn(twin, twin, uses("{{steps.twin.status}}"), uses("{{steps.twin.status}}"))).toEqual([
      `/actions/2${AT}  {{steps.twin.status}}: 2 actions before it are named twin; give each a name of its own`,
    ]);
    expect(warningsIn(twin, twin)).toEqual([]);
    // In another list the nearest one is meant.
    const lists = { on_failure: [twin], finally: [uses("{{steps.twin.status}}")] };
    expect(warningsOf(parseWith({ ...chainOf(twin), ...lists }))).toEqual([]);
  });
});

describe("vars", () => {
  test("hold values of any shape, with templates of secrets and of the run", () => {
    const vars = { rack: "r-7", url: "{{BASE}}/{{run.id}}", list: [1, { deep: null }], big: 9007199254740993n };
    const read = jobWith({ vars }).vars;
    expect(read).toEqual(vars);
    expect(Object.getPrototypeOf(read)).toBeNull();
    expect(jobWith({ vars: {} })).not.toHaveProperty("vars");
  });

  test.each([
    [{ "a-b": 1 }, "/vars/a-b  is not a name that a template can use; take letters, digits and _"],
    [{ "1a": 1 }, "/vars/1a  is not a name that a template can use"],
    [{ a: "{{vars.b}}" }, "/vars/a  {{vars.b}} is not known here, before any action"],
    [{ a: "{{steps.b.status}}" }, "/vars/a  {{steps.b.status}} is not known here, before any action"],
    [{ a: { deep: ["{{}}"] } }, "/vars/a/deep/0  "],
    ["a=b", '/vars  must be an object, got "a=b"'],
  ])("%j is told what is wrong with it", (vars, problem) => {
    expect(errorsOf(parseWith({ vars }))).toEqual([expect.stringContaining(problem)]);
  });
});
