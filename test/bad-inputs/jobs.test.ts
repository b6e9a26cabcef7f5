import { Binary, Code, DBRef, Decimal128, Double, Int32, Long, MinKey, ObjectId, Timestamp } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorsOf, requestOf, requestsOf, valueOf, warningsOf } from "../schema/job-document.ts";
import { type JobBorder, openJobBorder, withOwn } from "./job-border.ts";

const ACTION = { type: "http", url: "https://example.com/" };
const BEYOND_2_53 = Long.fromString("9007199254740993");

let border: JobBorder;

beforeAll(async () => {
  border = await openJobBorder();
});
afterAll(() => border.close());

const minuteOf = (parsed: Awaited<ReturnType<JobBorder["read"]>>) => valueOf(parsed).schedule.entries;
const AT_9_05 = [{ kind: "hour_minute", hour: 9, minute: 5 }];

describe("numbers", () => {
  test('row 1: minute "5" is taken, with a warning', async () => {
    const parsed = await border.read({ minute: "5" });
    expect(minuteOf(parsed)).toEqual(AT_9_05);
    expect(warningsOf(parsed)).toEqual(["/minute  is a text; write the number 5 without quotes"]);
  });

  test.each(["five", "", "5.5", "0x5", "5 minutes", "٥"])("row 1: minute %j is invalid", async (minute) => {
    expect(errorsOf(await border.read({ minute }))).toEqual([
      expect.stringMatching(/^\/minute {2}must be a whole number from 0 to 59, got "/),
    ]);
  });

  test.each([
    ["double", new Double(5)],
    ["int32", new Int32(5)],
    ["int64", Long.fromNumber(5)],
    ["double -0", new Double(-0)],
  ])("row 2: a minute of type %s is taken without a word", async (_, minute) => {
    const parsed = await border.read({ minute });
    expect(minuteOf(parsed)).toEqual([{ kind: "hour_minute", hour: 9, minute: Number(minute) + 0 }]);
    expect(warningsOf(parsed)).toEqual([]);
  });

  test.each([5.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 60, true, [5], {}, null])(
    "row 3: minute %s is invalid",
    async (minute) => {
      expect(errorsOf(await border.read({ minute }))).toEqual([expect.stringMatching(/^\/minute {2}must be /)]);
    },
  );

  test.each(["5", "5.00", "5E0"])("row 3: the decimal %s is taken as minute 5, with a warning", async (digits) => {
    const parsed = await border.read({ minute: Decimal128.fromString(digits) });
    expect(minuteOf(parsed)).toEqual(AT_9_05);
    expect(warningsOf(parsed)).toEqual(["/minute  is a decimal; a plain number says the same"]);
  });

  test.each(["5.5", "NaN", "Infinity", "60", "1E+6000"])("row 3: the decimal %s is no minute", async (digits) => {
    expect(errorsOf(await border.read({ minute: Decimal128.fromString(digits) }))).toEqual([
      expect.stringMatching(/^\/minute {2}must be /),
    ]);
  });

  test("row 4: hour 24 is invalid", async () => {
    expect(errorsOf(await border.read({ hour: 24 }))).toEqual(["/hour  must be at most 23, got 24"]);
  });

  test.each([
    ["/minute", { minute: BEYOND_2_53 }],
    ["/hour", { hour: BEYOND_2_53 }],
    ["/schedules/0/hour", { hour: undefined, minute: undefined, schedules: [{ hour: BEYOND_2_53 }] }],
    ["/timeout_sec", { timeout_sec: BEYOND_2_53 }],
    ["/run_timeout_sec", { run_timeout_sec: BEYOND_2_53 }],
    ["/catch_up_window_sec", { catch_up_window_sec: BEYOND_2_53 }],
    ["/catch_up_max", { catch_up_max: BEYOND_2_53 }],
    ["/jitter_sec", { jitter_sec: BEYOND_2_53 }],
    ["/where/serials/0", { where: { serials: [BEYOND_2_53] } }],
    ["/redirects", { redirects: BEYOND_2_53 }],
    ["/retry/retries", { retry: { retries: BEYOND_2_53 } }],
    ["/retry/delay_sec", { retry: { delay_sec: BEYOND_2_53 } }],
    ["/retry/backoff", { retry: { backoff: BEYOND_2_53 } }],
    ["/when/minute_in/0", { when: { minute_in: [BEYOND_2_53] } }],
  ])("row 5: an int64 beyond 2^53 in %s is invalid", async (path, fields) => {
    expect(errorsOf(await border.read(fields))).toEqual([
      expect.stringMatching(new RegExp(`^${path} {2}must be .*9007199254740993$`)),
    ]);
  });
});

describe("what a job does, and when", () => {
  test("row 6: an empty list of schedules is as if absent", async () => {
    expect(minuteOf(await border.read({ schedules: [], minute: 5 }))).toEqual(AT_9_05);
  });

  test("row 6: 10,000 schedules are invalid, 1,000 are not", async () => {
    const schedules = (count: number) => Array.from({ length: count }, (_, at) => `${at % 60} ${at % 24} * * *`);
    const none = { hour: undefined, minute: undefined };
    expect(errorsOf(await border.read({ ...none, schedules: schedules(10_000) }))).toEqual([
      "/schedules  must have at most 1000 elements, got 10000",
    ]);
    expect(errorsOf(await border.read({ ...none, schedules: schedules(1_000) }))).toEqual([]);
  });

  test("row 7: a request beside actions is ambiguous, so invalid", async () => {
    expect(errorsOf(await border.read({ actions: [ACTION] }))).toEqual([
      "/url  stands beside actions; keep one of the two",
    ]);
  });

  test("row 8: neither request nor actions is invalid; empty actions are the inline request", async () => {
    expect(errorsOf(await border.read({ url: undefined }))).toEqual([
      "  nothing to do: give a url for one request, or actions for a chain of them",
    ]);
    expect(requestsOf(valueOf(await border.read({ actions: [] }))).map(({ url }) => url)).toEqual([
      "https://example.com/",
    ]);
  });

  test.each(["Mars/Phobos", "", "+09:00", "Europe/Berln", "Asia/Seoul\u0000", "../etc/localtime", 9])(
    "row 9: %j is no zone",
    async (tz) => {
      expect(errorsOf(await border.read({ tz }))).toEqual([expect.stringMatching(/^\/tz {2}must be a /)]);
    },
  );

  test.each([
    ["asia/seoul", "Asia/Seoul"],
    ["EUROPE/BERLIN", "Europe/Berlin"],
    ["utc", "UTC"],
  ])("row 10: the zone %s is taken under its canonical name %s", async (tz, zone) => {
    expect(valueOf(await border.read({ tz })).schedule.zone).toBe(zone);
  });

  test("row 10: the zone EST5EDT, which some versions of Node map to New York, is taken", async () => {
    expect(["EST5EDT", "America/New_York"]).toContain(valueOf(await border.read({ tz: "EST5EDT" })).schedule.zone);
  });

  test.each(["0 9 31 2 *", "0 9 30 FEB *", "0 9 31 4,6,9,11 *", "2026-02-30T09:00", "2026-04-31T09:00"])(
    "row 11: %s is a date that no calendar has, so invalid",
    async (schedule) => {
      const none = { hour: undefined, minute: undefined };
      expect(errorsOf(await border.read({ ...none, schedule }))).toEqual([expect.stringMatching(/^\/schedule {2}/)]);
    },
  );

  test.each(["false", "true", "yes", 1, 0, Decimal128.fromString("1")])(
    "row 12: enabled %s is invalid, not a truth",
    async (enabled) => {
      expect(errorsOf(await border.read({ enabled }))).toEqual([
        expect.stringMatching(/^\/enabled {2}must be true or false \(without quotes\), got /),
      ]);
    },
  );

  test("row 24: a guard that holds at no time is taken, with a warning", async () => {
    const parsed = await border.read({ when: { hour_in: [], minute_in: [] } });
    expect(warningsOf(parsed)).toEqual([
      "/when/hour_in  is empty: the action never runs; leave it out to run always",
      "/when/minute_in  is empty: the action never runs; leave it out to run always",
    ]);
    expect(valueOf(parsed).actions[0]?.when).toEqual({ hourIn: [], minuteIn: [] });
  });
});

describe("names", () => {
  test("row 13: an unknown field is taken, with a warning", async () => {
    const parsed = await border.read({ created_by: "ann" });
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
  ])("row 13: the field %s is invalid, because %s was meant", async (wrong, right) => {
    expect(errorsOf(await border.read({ [wrong]: 1 }))).toEqual([`/${wrong}  unknown field; did you mean ${right}?`]);
  });

  test("row 13: a slip inside an action is named with its place, odd characters escaped", async () => {
    const parsed = await border.read({ url: undefined, actions: [{ ...ACTION, metod: "GET", "a/b~c": 1 }] });
    expect(errorsOf(parsed)).toEqual(["/actions/0/metod  unknown field; did you mean method?"]);
    expect(warningsOf(parsed)).toEqual(['/actions/0/a~1b~0c  unknown field "a/b~c"; it has no effect']);
  });

  const PLACES = {
    "": (key: string) => withOwn(key, { enabled: true }),
    "/headers": (key: string) => ({ headers: withOwn(key, "x") }),
    "/params": (key: string) => ({ params: withOwn(key, "x") }),
    "/labels": (key: string) => ({ labels: withOwn(key, "x") }),
    "/where/labels": (key: string) => ({ where: { labels: withOwn(key, "x") } }),
    "/retry": (key: string) => ({ retry: withOwn(key, { retries: 1 }) }),
  };
  test.each(
    Object.entries(PLACES).flatMap(([place, fields]) =>
      ["__proto__", "constructor", "prototype"].map((key) => [`${place}/${key}`, key, fields] as const),
    ),
  )("row 14: %s is refused", async (path, key, fields) => {
    // A spread keeps an own `__proto__`; an object literal with that name would not.
    const parsed = await border.read({ ...fields(key) });
    expect(errorsOf(parsed)).toEqual([expect.stringMatching(new RegExp(`^${path} {2}.*refused for safety`))]);
    expect(Object.prototype).not.toHaveProperty("enabled");
  });

  test("row 14: what is taken from outside has no prototype, and a body may name honest things", async () => {
    const body = { constructor: "ACME", prototype: 7 };
    const job = valueOf(await border.read({ method: "POST", body, headers: { a: "b" }, params: { c: 1 } }));
    const { headers, params, body: read } = requestOf(job);
    expect(read).toEqual(body);
    expect(errorsOf(await border.read({ method: "POST", body: withOwn("__proto__", 1) }))).toEqual([
      expect.stringMatching(/^\/body\/__proto__ {2}/),
    ]);
    for (const map of [headers, params, read]) expect(Object.getPrototypeOf(map)).toBeNull();
  });

  test("row 15: a name that looks like an operator of MongoDB is a name", async () => {
    expect(valueOf(await border.read({ name: "$$NOW" })).name).toBe("$$NOW");
    expect(valueOf(await border.read({ labels: { $set: "$token", "a.b": "c" } })).labels).toEqual({
      $set: "$token",
      "a.b": "c",
    });
  });

  test.each(["a\u0000b", "a\rb", "a\nb", "a\r\nX-Injected: 1", "ключ", "a\u0007b"])(
    "row 16: the header value %j is invalid",
    async (value) => {
      expect(errorsOf(await border.read({ headers: { "X-Key": value } }))).toEqual([
        "/headers/X-Key  holds a line break or a character that no header can carry; remove it",
      ]);
    },
  );

  test.each(["X Key", "X-Key\r\nY", "", "X:Key", "ключ"])("row 16: the header name %j is invalid", async (name) => {
    expect(errorsOf(await border.read({ headers: { [name]: "x" } }))).toEqual([
      expect.stringContaining("is not a header name"),
    ]);
  });

  test.each(["https://a/\u0000", "https://a/\r\nHost: b", "https://a/\tb", "https://a/\u0085"])(
    "row 16: the URL %j is invalid",
    async (url) => {
      expect(errorsOf(await border.read({ url }))).toEqual([
        "/url  holds a line break or another control character; remove it",
      ]);
    },
  );
});

describe("retries and time limits", () => {
  test.each([
    [{ retry: { retries: -1 } }, "/retry/retries  must be at least 0, got -1"],
    [{ retry: { retries: 1e9 } }, "/retry/retries  must be at most 100, got 1000000000"],
    [{ retry: { retries: 1.5 } }, "/retry/retries  must be a whole number from 0 to 100, got 1.5"],
    [{ retry: { delay_sec: -1 } }, "/retry/delay_sec  must be at least 0, got -1"],
    [{ retry: { delay_sec: Number.NaN } }, "/retry/delay_sec  must be a number from 0 to 3600, got NaN"],
    [{ retry: { backoff: "big" } }, '/retry/backoff  must be a number from 1 to 10, got "big"'],
  ])("row 22: %o is invalid", async (fields, problem) => {
    expect(errorsOf(await border.read(fields))).toEqual([problem]);
  });

  test('row 22: retries "2" are taken, with a warning', async () => {
    const parsed = await border.read({ retry: { retries: "2" } });
    expect(valueOf(parsed).retry).toEqual({ retries: 2 });
    expect(warningsOf(parsed)).toEqual(["/retry/retries  is a text; write the number 2 without quotes"]);
  });

  test("row 22: backoff and pause are moved to the nearest bound, with a warning", async () => {
    const low = await border.read({ retry: { backoff: 0, delay_sec: 1e6 } });
    expect(valueOf(low).retry).toEqual({ delayMs: 3_600_000, backoff: 1 });
    expect(warningsOf(low)).toEqual([
      "/retry/delay_sec  must be from 0 to 3600, got 1000000; 3600 is used",
      "/retry/backoff  must be from 1 to 10, got 0; 1 is used",
    ]);
    expect(valueOf(await border.read({ retry: { backoff: 1e6 } })).retry).toEqual({ backoff: 10 });
  });

  test.each([
    [0, "must be at least 0.1, got 0"],
    [-1, "must be at least 0.1, got -1"],
    [1e9, "must be at most 3600, got 1000000000"],
    [Number.NaN, "must be a number from 0.1 to 3600, got NaN"],
    [Number.POSITIVE_INFINITY, "must be a number from 0.1 to 3600, got Infinity"],
    ["soon", 'must be a number from 0.1 to 3600, got "soon"'],
  ])("row 23: timeout_sec %s is invalid, of a job and of an action", async (timeout_sec, problem) => {
    expect(errorsOf(await border.read({ timeout_sec }))).toEqual([`/timeout_sec  ${problem}`]);
    expect(errorsOf(await border.read({ url: undefined, actions: [{ ...ACTION, timeout_sec }] }))).toEqual([
      `/actions/0/timeout_sec  ${problem}`,
    ]);
  });

  test("row 23: timeout_sec 0.1 and 3600 are the ends of what is taken", async () => {
    expect(valueOf(await border.read({ timeout_sec: 0.1 })).timeoutMs).toBe(100);
    expect(valueOf(await border.read({ timeout_sec: 3_600 })).timeoutMs).toBe(3_600_000);
  });
});

describe("what only MongoDB's own types can hold", () => {
  test("row 26: a job of 16 MB is invalid, not loaded, and hides no other", async () => {
    const read = await border.readAll([
      { _id: "huge", name: "huge", enabled: true, url: "https://a/", body: "x".repeat(16 * 1024 * 1024 - 200) },
      { _id: "limit", name: "limit", hour: 1, url: "https://a/", description: "x".repeat(255 * 1024) },
      { _id: "above", name: "above", hour: 1, url: "https://a/", description: "x".repeat(257 * 1024) },
    ]);
    expect(errorsOf(read.get("huge")?.parsed ?? MISSING)).toEqual([
      expect.stringMatching(/^ {2}the document has 16\d{6} bytes; a job may have at most 262144/),
    ]);
    // Only a projection reads so little of it.
    const content = read.get("huge")?.content as unknown as Uint8Array | undefined;
    expect(content?.length).toBeLessThan(100);
    expect(read.get("limit")?.parsed).toMatchObject({ ok: true });
    expect(errorsOf(read.get("above")?.parsed ?? MISSING)).toEqual([
      expect.stringContaining("may have at most 262144"),
    ]);
  });

  test("row 26: a body nested as deeply as MongoDB stores it is read", async () => {
    let nested: unknown = "bottom";
    for (let level = 0; level < 175; level += 1) nested = level % 2 === 0 ? [nested] : { a: nested };
    expect(errorsOf(await border.read({ method: "POST", body: nested }))).toEqual([]);
  });

  const BEYOND_JAVASCRIPT = { $toDate: { $literal: Long.fromString("8640000000000001") } };
  test("a date that JavaScript has not is named with its place", async () => {
    const computed = { not_before: BEYOND_JAVASCRIPT, body: { at: BEYOND_JAVASCRIPT } };
    expect(errorsOf(await border.read({ method: "POST", body: {} }, computed))).toEqual([
      expect.stringMatching(/^\/not_before {2}must be a date/),
      "/body/at  is not a valid date",
    ]);
  });

  test.each([
    ["minKey", new MinKey()],
    ["regular expression", /a+/],
    ["code", new Code("while (true);")],
    ["binary", new Binary(Buffer.from("x"))],
    ["timestamp", new Timestamp({ t: 1, i: 2 })],
    ["reference", new DBRef("jobs", new ObjectId())],
  ])("a %s in the place of a number, a text, a list and an object is named each time", async (_, value) => {
    const fields = { minute: value, tz: value, schedules: value, retry: value, enabled: value };
    const parsed = await border.read(fields);
    const places = new Set(errorsOf(parsed).map((it) => it.split("  ")[0]));
    expect(places).toEqual(new Set(Object.keys(fields).map((it) => `/${it}`)));
  });
});

const MISSING = { ok: true, value: undefined, warnings: [] } as const;
