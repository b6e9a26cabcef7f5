import { Binary, Code, DBRef, Decimal128, Long, MinKey, ObjectId, Timestamp } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorsOf, requestOf, valueOf, warningsOf } from "../schema/job-document.ts";
import { type JobBorder, openJobBorder, withOwn } from "./job-border.ts";

const ACTION = { type: "http", url: "https://example.com/" };
const BEYOND_2_53 = Long.fromString("9007199254740993");

let border: JobBorder;

beforeAll(async () => {
  border = await openJobBorder();
});
afterAll(() => border.close());

const chainOf = (...actions: readonly unknown[]) => ({ url: undefined, actions });

describe("numbers of a chain", () => {
  const until = (fields: object) => ({ until: { status: 200, ...fields } });
  test.each([
    ["/until/every_sec", until({ every_sec: BEYOND_2_53 })],
    ["/until/timeout_sec", until({ timeout_sec: BEYOND_2_53 })],
    ["/until/status", { until: { status: BEYOND_2_53 } }],
    ["/expect/status/0", { expect: { status: [BEYOND_2_53] } }],
    ["/expect/max_ms", { expect: { max_ms: BEYOND_2_53 } }],
    ["/expect/max_bytes", { expect: { max_bytes: BEYOND_2_53 } }],
    ["/expect/min_bytes", { expect: { min_bytes: BEYOND_2_53 } }],
    ["/retry/max_delay_sec", { retry: { max_delay_sec: BEYOND_2_53 } }],
    ["/retry/jitter", { retry: { jitter: BEYOND_2_53 } }],
    ["/retry/total_sec", { retry: { total_sec: BEYOND_2_53 } }],
    ["/actions/0/seconds", chainOf({ type: "sleep", seconds: BEYOND_2_53 })],
    ["/actions/0/concurrency", chainOf({ type: "for_each", in: [], concurrency: BEYOND_2_53, actions: [ACTION] })],
  ])("row 5: an int64 beyond 2^53 in %s is invalid", async (path, fields) => {
    expect(errorsOf(await border.read(fields))).toEqual([
      expect.stringMatching(new RegExp(`^${path} {2}must be .*9007199254740993$`)),
    ]);
  });

  test("whole decimals and whole texts are taken, with a warning; operands keep every digit without one", async () => {
    const counted = await border.read(until({ every_sec: "5", timeout_sec: Decimal128.fromString("60") }));
    expect(requestOf(valueOf(counted)).until).toMatchObject({ everyMs: 5_000, timeoutMs: 60_000 });
    expect(warningsOf(counted)).toHaveLength(2);
    const json = [{ path: "$.id", equals: BEYOND_2_53, in: [Decimal128.fromString("0.10")] }];
    const compared = await border.read({ expect: { json } });
    expect(warningsOf(compared)).toEqual([]);
    expect(requestOf(valueOf(compared)).expect?.json).toEqual([
      { path: "$.id", matcher: { equals: 9007199254740993n, in: [expect.objectContaining({ digits: "0.10" })] } },
    ]);
  });

  test.each([
    [{ max_delay_sec: -1 }, "/retry/max_delay_sec  must be at least 0, got -1"],
    [{ max_delay_sec: 1e9 }, "/retry/max_delay_sec  must be at most 3600, got 1000000000"],
    [{ jitter: -0.1 }, "/retry/jitter  must be at least 0, got -0.1"],
    [{ jitter: Number.NaN }, "/retry/jitter  must be a number from 0 to 1, got NaN"],
    [{ total_sec: 0 }, "/retry/total_sec  must be at least 1, got 0"],
    [{ on: ["everything"] }, "/retry/on/0  must be one of network, timeout, 5xx, 429, 4xx"],
  ])("row 22: retry %o is invalid, of a job and of an action", async (retry, problem) => {
    expect(errorsOf(await border.read({ retry }))).toEqual([expect.stringContaining(problem)]);
    expect(errorsOf(await border.read(chainOf({ ...ACTION, retry })))).toEqual([
      expect.stringContaining(`/actions/0${problem}`),
    ]);
  });

  test.each([
    [0, "must be at least 1, got 0"],
    [-1, "must be at least 1, got -1"],
    [7_201, "must be at most 7200, got 7201"],
    ["soon", 'must be a number from 1 to 7200, got "soon"'],
  ])("row 23: until.timeout_sec %s is invalid where a run has 7200 s", async (timeout_sec, problem) => {
    expect(errorsOf(await border.read({ ...until({ timeout_sec }), run_timeout_sec: 7_200 }))).toEqual([
      `/until/timeout_sec  ${problem}`,
    ]);
    expect((await border.read({ ...until({ timeout_sec: 7_200 }), run_timeout_sec: 7_200 })).ok).toBe(true);
  });
});

describe("names of a chain", () => {
  const PLACES: Readonly<Record<string, (key: string) => Readonly<Record<string, unknown>>>> = {
    "/vars": (key) => ({ vars: withOwn(key, 1) }),
    "/form": (key) => ({ method: "POST", form: withOwn(key, 1) }),
    "/capture": (key) => ({ capture: withOwn(key, "$.a") }),
    "/expect": (key) => ({ expect: withOwn(key, 1) }),
    "/expect/headers": (key) => ({ expect: { headers: withOwn(key, "a") } }),
    "/expect/json/0": (key) => ({ expect: { json: [{ path: "$.a", equals: 1, ...withOwn(key, 1) }] } }),
    "/until": (key) => ({ until: { status: 200, ...withOwn(key, 1) } }),
    "/auth": (key) => ({ auth: { type: "bearer", token: "{{T}}", ...withOwn(key, 1) } }),
    "/tls": (key) => ({ tls: withOwn(key, 1) }),
    "/when/if/0": (key) => ({ when: { if: [{ value: 1, equals: 1, ...withOwn(key, 1) }] } }),
    "/actions/0": (key) => chainOf({ type: "sleep", seconds: 1, ...withOwn(key, 1) }),
    "/actions/0/vars": (key) => chainOf({ type: "job", job: "a", vars: withOwn(key, 1) }),
  };
  test.each(
    Object.entries(PLACES).flatMap(([place, fields]) =>
      ["__proto__", "constructor", "prototype"].map((key) => [`${place}/${key}`, key, fields] as const),
    ),
  )("row 14: %s is refused", async (path, key, fields) => {
    expect(errorsOf(await border.read(fields(key)))).toEqual([
      expect.stringMatching(new RegExp(`^${path} {2}.*refused for safety`)),
    ]);
  });

  test.each(["__proto__", "constructor", "prototype"])("row 14: an item can't be named %s", async (as) => {
    const job = chainOf({ type: "for_each", in: [], as, actions: [ACTION] });
    expect(errorsOf(await border.read(job))).toEqual([
      expect.stringMatching(/^\/actions\/0\/as {2}.*refused for safety/),
    ]);
  });

  test("row 14: what is taken from outside has no prototype", async () => {
    const job = valueOf(
      await border.read({
        method: "POST",
        vars: { a: { b: 1 } },
        form: { a: 1 },
        capture: { a: "$.a" },
        expect: { headers: { a: "b" } },
      }),
    );
    const { form, capture, expect: rules } = requestOf(job);
    for (const map of [job.vars, job.vars?.["a"], form, capture, rules?.headers]) {
      expect(map).toBeDefined();
      expect(Object.getPrototypeOf(map)).toBeNull();
    }
  });

  test("row 18: depends_on is refused, with what to do instead", async () => {
    expect(errorsOf(await border.read({ depends_on: ["other"] }))).toEqual([
      "/depends_on  depends_on is not supported by this version yet; remove it, and put both into the actions of one job",
    ]);
  });

  test.each(["{{vars.__proto__}}", "{{steps.constructor.status}}", "{{vars.a.__proto__.b}}", "{{__proto__}}"])(
    "the template %s is read as a name and nothing else",
    async (text) => {
      const parsed = await border.read(chainOf({ ...ACTION, method: "POST", body: text }));
      expect([...errorsOf(parsed), ...warningsOf(parsed)].length).toBe(text === "{{__proto__}}" ? 0 : 1);
    },
  );
});

describe("templates of a chain", () => {
  test("row 21: a value of an answer can be in a path, a query and a host, and may be the whole URL", async () => {
    const urls = [
      "https://a/{{vars.id}}/x?q={{vars.id}}",
      "https://{{vars.id}}/",
      "https://a:{{vars.id}}/",
      "{{vars.id}}",
    ];
    for (const url of urls) {
      const parsed = await border.read(chainOf({ ...ACTION, capture: { id: "$.id" } }, { ...ACTION, url }));
      expect(errorsOf(parsed)).toEqual([]);
      expect(warningsOf(parsed)).toEqual([]);
    }
    expect(errorsOf(await border.read({ url: "https://{{vars.user}}:{{vars.id}}@a/" }))).toEqual([
      expect.stringContaining("/url  holds a user name or password"),
    ]);
  });

  test.each([
    ["headers", (text: string) => ({ headers: { "X-A": text } })],
    ["params", (text: string) => ({ params: { a: [text] } })],
    ["form", (text: string) => ({ method: "POST", form: { a: text } })],
    ["multipart", (text: string) => ({ method: "POST", multipart: [{ name: "a", value: { b: text } }] })],
    ["body_base64", (text: string) => ({ method: "POST", body_base64: text })],
    ["auth", (text: string) => ({ auth: { type: "bearer", token: text } })],
    ["expect", (text: string) => ({ expect: { json: [{ path: "$.a", in: [text] }] } })],
    ["expect.headers", (text: string) => ({ expect: { headers: { a: text } } })],
    ["until", (text: string) => ({ until: { json: [{ path: "$.a", matches: text }] } })],
    ["when", (text: string) => ({ when: { if: [{ value: { deep: text }, equals: 1 }] } })],
  ])("are checked in %s, at any depth", async (_, fieldsOf) => {
    for (const text of ["{{nothing here}}", "{{steps.never.status}}", "{{rnu.id}}"]) {
      expect(errorsOf(await border.read(fieldsOf(text)))).toEqual([expect.stringContaining(text)]);
    }
    expect(errorsOf(await border.read(fieldsOf("{{run.id}}")))).toEqual([]);
  });
});

describe("patterns of a chain", () => {
  test("row 25: a pattern that others take minutes for is fine", async () => {
    const parsed = await border.read({
      expect: { body_matches: "^(a+)+$", json: [{ path: "$.a", matches: "(x+x+)+y" }] },
      capture: { a: { text: "(.*)*b" } },
    });
    expect(errorsOf(parsed)).toEqual([]);
  });

  test.each([
    ["a".repeat(513), "513"],
    ["(", ""],
    ["a{1000}{1000}", ""],
    ["(?<=a)b", ""],
    ["(a)\\1", ""],
  ])("row 25: the pattern %s is invalid wherever it stands", async (text) => {
    const errors = errorsOf(
      await border.read({
        expect: { body_matches: text, headers: { a: { matches: text } } },
        until: { body_matches: text },
        capture: { a: { text } },
        when: { if: [{ value: 1, matches: text }] },
      }),
    );
    expect(new Set(errors.map((it) => it.split("  ")[0]))).toEqual(
      new Set([
        "/capture/a/text",
        "/expect/body_matches",
        "/expect/headers/a/matches",
        "/until/body_matches",
        "/when/if/0/matches",
      ]),
    );
  });

  test("of a JSON Schema is held to the same", async () => {
    const schema = { type: "object", properties: { a: { type: "string", pattern: "(a)\\1" } } };
    expect(errorsOf(await border.read({ expect: { schema } }))).toEqual([
      expect.stringMatching(/^\/expect\/schema {2}/),
    ]);
  });
});

describe("tls of a job", () => {
  test("row 46: insecure is taken for that job alone, with a warning of what it means", async () => {
    const parsed = await border.read({ tls: { insecure: true } });
    expect(valueOf(parsed).tls?.insecure).toBe(true);
    expect(warningsOf(parsed)).toEqual([expect.stringContaining("/tls/insecure  accepts any certificate")]);
    const inAction = await border.read(chainOf({ ...ACTION, tls: { insecure: true } }));
    expect(warningsOf(inAction)).toEqual(['/actions/0/tls  unknown field "tls"; it has no effect']);
  });
});

describe("what only MongoDB's own types can hold, in a chain", () => {
  test.each([
    ["minKey", new MinKey()],
    ["regular expression", /a+/],
    ["code", new Code("while (true);")],
    ["binary", new Binary(Buffer.from("x"))],
    ["timestamp", new Timestamp({ t: 1, i: 2 })],
    ["reference", new DBRef("jobs", new ObjectId())],
  ])("a %s in the place of a list, a number, a flag, a path and an object is named each time", async (_, value) => {
    const parsed = await border.read({
      vars: value,
      tls: value,
      auth: value,
      until: value,
      capture: { a: value },
      expect: { status: value, json: [{ path: value, equals: 1 }], schema: value, max_ms: value },
      when: { if: [{ value: 1, in: value, exists: value }] },
      on_failure: value,
      finally: [value],
      sensitive: value,
    });
    expect(new Set(errorsOf(parsed).map((it) => it.split("  ")[0]))).toEqual(
      new Set(
        "vars tls auth until capture/a expect/status expect/json/0/path expect/schema expect/max_ms when/if/0/in when/if/0/exists on_failure finally/0 sensitive"
          .split(" ")
          .map((it) => `/${it}`),
      ),
    );
  });
});
