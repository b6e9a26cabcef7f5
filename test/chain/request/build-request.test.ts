import { describe, expect, test } from "vitest";
import { buildRequest } from "../../../src/chain/request/build-request.ts";
import { traceId, withRunHeaders } from "../../../src/chain/request/run-headers.ts";
import type { HttpAction } from "../../../src/model/action.ts";
import { ExactDecimal } from "../../../src/model/json.ts";
import type { HttpRequest } from "../../../src/ports/http-client.ts";
import { httpAction, runOf } from "../job-fixtures.ts";
import { scopeOf } from "../../support/scope-of.ts";

const secrets = {
  BASE_URL: "http://base.test:8080/api",
  EVIL: "x\r\nX-Injected: 1",
  KEY: 'quo"te',
  KOREAN: "가",
};
const scope = scopeOf(secrets, {
  vars: { id: "a/b?c", count: 3, ids: [1, "b", null], order: { total: 9007199254740993n }, nothing: null },
});
const limits = { timeoutMs: 10_000, maxBodyBytes: 1_000 };

function build(overrides: Partial<HttpAction>): HttpRequest {
  const built = buildRequest(httpAction(overrides), scope, limits);
  if (!built.ok) throw new Error(built.error);
  return built.value;
}
function errorOf(overrides: Partial<HttpAction>): string {
  const built = buildRequest(httpAction(overrides), scope, limits);
  return built.ok ? "no error" : built.error;
}

describe("a body", () => {
  test("that is an object goes out as JSON, with templates at any depth but not in keys", () => {
    const request = build({ method: "POST", body: { "{{KEY}}": [{ key: "{{KEY}}", none: null, yes: true }] } });
    expect(request.body).toBe('{"{{KEY}}":[{"key":"quo\\"te","none":null,"yes":true}]}');
    expect(request.headers).toEqual({ "content-type": "application/json" });
  });

  test("that is a list goes out as JSON", () => expect(build({ method: "PUT", body: [1, "a"] }).body).toBe('[1,"a"]'));

  test("that is a text goes out raw, without a content type", () => {
    expect(build({ method: "PATCH", body: "k={{KEY}}" })).toMatchObject({ body: 'k=quo"te', headers: {} });
  });

  test("keeps whole numbers beyond 2^53 and decimals exactly", () => {
    const body = { big: 9007199254740993n, price: new ExactDecimal("0.10"), plain: 1.5 };
    expect(build({ method: "POST", body }).body).toBe('{"big":9007199254740993,"price":0.10,"plain":1.5}');
  });

  test("keeps the content type that the job set, in whatever case", () => {
    const headers = { "CONTENT-Type": "application/vnd.api+json" };
    expect(build({ method: "POST", body: {}, headers }).headers).toEqual(headers);
  });

  test.each(["GET", "HEAD"] as const)("of a %s is not sent", (method) => {
    expect(build({ method, body: { a: 1 } })).toMatchObject({ body: undefined, headers: {} });
  });

  test("with a key that could reach a prototype keeps it as a key", () => {
    const body = JSON.parse('{"__proto__":{"polluted":"{{KEY}}"}}') as Record<string, string>;
    expect(build({ method: "POST", body }).body).toBe('{"__proto__":{"polluted":"quo\\"te"}}');
  });

  test("that is one template keeps the type of its value", () => {
    expect(build({ method: "POST", body: "{{vars.order}}" })).toMatchObject({
      body: '{"total":9007199254740993}',
      headers: { "content-type": "application/json" },
    });
    expect(build({ method: "POST", body: { n: "{{vars.count}}", s: "{{vars.count}} pieces" } }).body).toBe(
      '{"n":3,"s":"3 pieces"}',
    );
    expect(build({ method: "POST", body: "{{KEY}}" })).toMatchObject({ body: 'quo"te', headers: {} });
    expect(build({ method: "POST", body: "{{vars.nothing}}" })).toMatchObject({ body: undefined, headers: {} });
  });

  test("with a number that JSON has not is refused", () => {
    expect(errorOf({ method: "POST", body: [Number.NaN] })).toBe("NaN can't be written as JSON: use a number or null");
  });
});

describe("params", () => {
  test("repeat lists, drop nulls and encode as forms do", () => {
    const params = {
      a: null,
      b: [1, null, 2],
      c: true,
      d: "x y&é*~",
      e: 9007199254740993n,
      f: new ExactDecimal("1.50"),
    };
    expect(build({ params }).url).toBe(
      "http://target.test/?b=1&b=2&c=true&d=x+y%26%C3%A9%2A~&e=9007199254740993&f=1.50",
    );
  });

  test("may be templates of lists and nulls", () => {
    expect(build({ params: { id: "{{vars.ids}}", none: "{{vars.nothing}}", q: "{{vars.order}}" } }).url).toBe(
      "http://target.test/?id=1&id=b&q=%7B%22total%22%3A9007199254740993%7D",
    );
  });

  test("are appended to a query that is there, before the fragment", () => {
    expect(build({ url: "http://target.test/p?x=1#part", params: { y: "{{KEY}}" } }).url).toBe(
      "http://target.test/p?x=1&y=quo%22te#part",
    );
  });
});

describe("a URL", () => {
  test("may begin with a secret", () => {
    expect(build({ url: "{{BASE_URL}}/login" }).url).toBe("http://base.test:8080/api/login");
  });

  test("takes a value as one part of its path", () => {
    expect(build({ url: "http://target.test/items/{{vars.id}}/x" }).url).toBe("http://target.test/items/a%2Fb%3Fc/x");
  });

  test.each([
    ["file:///etc/passwd", "only http:// and https://"],
    ["//target.test/", "is not a URL"],
    ["http://user:pw@target.test/", "user name or password"],
    ["http://target.test/{{EVIL}}", "control character"],
    ["{{MISSING}}/x", "{{MISSING}}"],
    ["http://target.test/{{vars.missing}}", "{{vars.missing}} has no value"],
    // The scheme may hold a secret, which the URL parser puts in small letters.
    ["S3cr3tT0kenValue://x/", "the URL is of another kind: only"],
  ])("%s is refused in words", (url, words) => expect(errorOf({ url })).toContain(words));
});

describe("a header", () => {
  test("takes templates", () => expect(build({ headers: { "X-Key": "k {{KEY}}" } }).headers["X-Key"]).toBe('k quo"te'));

  test("can't smuggle another one in", () => {
    expect(errorOf({ headers: { "X-Key": "{{EVIL}}" } })).toBe(
      'the value of header "X-Key" holds a line break or another control character',
    );
    expect(errorOf({ headers: { "X Key": "v" } })).toBe('"X Key" can\'t be the name of a header');
    expect(errorOf({ headers: { "X-Key": "{{KOREAN}}" } })).toContain("outside Latin-1");
  });
});

describe("the headers of a run", () => {
  let uuids = 0;
  const chance = { uuid: () => `4bf92f35-77b3-4da6-a3ce-92900000000${uuids++ % 10}`, fraction: () => 0 };
  const facts = { run: runOf([], { jobName: "가격" }), token: 7, step: "2", attempt: 3, traceId: traceId(chance) };

  test("tell a receiver whose attempt it is", () => {
    expect(withRunHeaders(build({}), facts, chance).headers).toEqual({
      "Idempotency-Key": "job1|2026-11-21T05:30Z|fleet:2",
      "X-FleetCron-Job": "%EA%B0%80%EA%B2%A9",
      "X-FleetCron-Run-Id": "job1|2026-11-21T05:30Z|fleet",
      "X-FleetCron-Scheduled-For": "2026-11-21T05:30:00Z",
      "X-FleetCron-Attempt": "3",
      "X-FleetCron-Fence": "7",
      traceparent: expect.stringMatching(/^00-4bf92f3577b34da6a3ce92900000000\d-[0-9a-f]{16}-01$/),
    });
  });

  test("give way to the job's own", () => {
    const headers = withRunHeaders(build({ headers: { "idempotency-key": "mine" } }), facts, chance).headers;
    expect(headers["idempotency-key"]).toBe("mine");
    expect(headers).not.toHaveProperty("Idempotency-Key");
  });
});
