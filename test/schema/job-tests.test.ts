import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJobTests } from "../../src/schema/job-tests.ts";

const FINE = { given: { answers: [{ status: 200 }] }, expect: { result: "ok" } };

function problems(test_: unknown): readonly string[] {
  const parsed = parseJobTests({ tests: [test_] });
  const found = parsed.ok ? parsed.warnings : parsed.problems;
  return found.map(({ path, message, severity }) => `${severity} ${path} ${message}`);
}

function expecting(expected: object): readonly string[] {
  return problems({ ...FINE, expect: expected });
}

function answering(answer: unknown): readonly string[] {
  return problems({ ...FINE, given: { answers: [answer] } });
}

describe("the tests of a job document", () => {
  test("are none where nothing is said", () => {
    expect(parseJobTests({ name: "a job" })).toEqual({ ok: true, value: [], warnings: [] });
    expect(parseJobTests({ tests: null })).toEqual({ ok: true, value: [], warnings: [] });
    expect(parseJobTests(7)).toEqual({ ok: true, value: [], warnings: [] });
  });

  test("fill in what is left out", () => {
    const parsed = parseJobTests({ tests: [{ expect: { result: "ok" } }] });
    expect(parsed).toMatchObject({
      ok: true,
      value: [
        {
          name: "test 1",
          given: {
            hostname: "test-machine",
            scheduledFor: Date.UTC(2026, 0, 1),
            zone: "Asia/Seoul",
            answers: [],
            jobs: [],
          },
          expected: { result: "ok", requests: undefined, isAnyOrder: false, noMoreRequests: true },
        },
      ],
    });
  });

  test("must ask for something, because a test that can't fail says nothing", () => {
    const message = 'error /tests/0/expect says nothing that could fail; write at least "result"';
    expect(problems({ given: {} })).toEqual([message]);
    expect(expecting({ result: null })).toEqual([message]);
  });

  test("name a misspelt field with the one that was meant, and refuse one that would ask for nothing", () => {
    expect(expecting({ result: "ok", stepz: {} })).toEqual([
      "error /tests/0/expect/stepz unknown field; did you mean steps?",
    ]);
    expect(expecting({ result: "ok", logs: [] })).toEqual([
      expect.stringMatching(/^error \/tests\/0\/expect\/logs unknown field/),
    ]);
    expect(answering({ statuss: 200 })).toEqual([
      "error /tests/0/given/answers/0/statuss unknown field; did you mean status?",
    ]);
    expect(expecting({ steps: { poll: { atempts: 3 } } })).toEqual([
      "error /tests/0/expect/steps/poll/atempts unknown field; did you mean attempts?",
    ]);
  });

  test("name what is no result, no status and no time", () => {
    expect(expecting({ result: "fine" })[0]).toMatch(/^error \/tests\/0\/expect\/result must be one of ok, error/);
    expect(answering({ status: 99 })[0]).toMatch(/^error \/tests\/0\/given\/answers\/0\/status must be at least 200/);
    expect(answering({ times: "all" })).toEqual([
      'error /tests/0/given/answers/0/times must be a whole number, or "any"',
    ]);
    const late = problems({ ...FINE, given: { scheduled_for: "2026-11-21T05:30" } });
    expect(late[0]).toMatch(/^error \/tests\/0\/given\/scheduled_for must be a date, or a text with an offset/);
  });

  test("answer in one way at a time", () => {
    expect(answering({ json: {}, body: "" })).toEqual([
      "error /tests/0/given/answers/0/body stands beside json; keep one of the two",
    ]);
    expect(answering({ failure: "network", status: 200 })).toEqual([
      "error /tests/0/given/answers/0/status stands beside failure, where nothing is answered",
    ]);
  });

  test("take an object that says nothing but matchers for one, at any depth, and all else for a value", () => {
    const parsed = parseJobTests({
      tests: [
        { expect: { requests: [{ json: { id: { gte: 1, lt: 9 }, in: { equals: { in: [1] } }, rest: [null, {}] } }] } },
      ],
    });
    expect(parsed.ok && parsed.value[0]?.expected.requests?.[0]?.json).toEqual({
      kind: "object",
      fields: {
        id: { kind: "matcher", matcher: { gte: 1, lt: 9 } },
        in: { kind: "matcher", matcher: { equals: { in: [1] } } },
        rest: {
          kind: "list",
          items: [
            { kind: "matcher", matcher: { equals: null } },
            { kind: "object", fields: {} },
          ],
        },
      },
    });
  });

  test("name a pattern that is none, and a matcher that can't be", () => {
    expect(expecting({ reason_matches: "(" })[0]).toMatch(/^error \/tests\/0\/expect\/reason_matches /);
    expect(expecting({ vars: { a: [{ matches: "[" }] } })[0]).toMatch(
      /^error \/tests\/0\/expect\/vars\/a\/0\/matches /,
    );
    expect(expecting({ took_sec: { in: 5 } })).toEqual(["error /tests/0/expect/took_sec/in must be a list of values"]);
    expect(expecting({ took_sec: { exists: "yes" } })[0]).toMatch(/must be true or false/);
  });

  test("hold two braces as they are, because nothing in them is a template", () => {
    expect(answering({ json: { text: "{{nothing like this}}" } })).toEqual([]);
    expect(expecting({ requests: [{ json: { text: "{{nothing like this}}" } }] })).toEqual([]);
  });

  test("name what is wrong with a given job under its place", () => {
    expect(problems({ ...FINE, given: { jobs: [{ name: "other", schedule: "0 0 * * *" }] } })[0]).toMatch(
      /^error \/tests\/0\/given\/jobs\/0 nothing to do/,
    );
  });

  test("never show the value of a secret that is none", () => {
    const told = problems({ ...FINE, given: { secrets: { KEY: ["s3cr3t"], "a b": "x" } } });
    expect(told).toHaveLength(2);
    expect(told.join()).not.toContain("s3cr3t");
  });

  test("keep whole numbers beyond 2^53 exact", () => {
    const parsed = parseJobTests({
      tests: [{ given: { answers: [{ json: { id: 9007199254740993n } }] }, expect: { result: "ok" } }],
    });
    expect(parsed.ok && parsed.value[0]?.given.answers[0]?.outcome).toMatchObject({ body: '{"id":9007199254740993}' });
  });
});

const SEED = Number(process.env["JOB_TESTS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const NAMES = [
  "name",
  "given",
  "expect",
  "answers",
  "secrets",
  "vars",
  "jobs",
  "requests",
  "steps",
  "json",
  "times",
  "in",
];

test(`whatever stands there, tests are read or told what is wrong with them (JOB_TESTS_SEED=${SEED})`, () => {
  const { anything } = fc.letrec((tie) => ({
    anything: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(null, true, 7, -1.5, Number.NaN, 2n ** 70n, "text", "(", "{{", new Date(Number.NaN), []),
      fc.array(tie("anything"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...NAMES, "__proto__", "matches", "equals"), tie("anything"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(anything, (value) => {
      const parsed = parseJobTests({ tests: [value, { given: value, expect: value }] });
      const problems = parsed.ok ? [] : parsed.problems;
      expect(problems.filter(({ path }) => !path.startsWith("/tests"))).toEqual([]);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});
