import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactDecimal } from "../../src/model/json.ts";
import { errorsOf, parseWith, requestOf, requestWith, valueOf, warningsOf } from "./job-document.ts";

describe("the URL of a request", () => {
  test.each([
    "https://example.com/a?b=c",
    "http://10.0.0.1:8080",
    "{{BASE_URL}}/login",
    "{{ BASE_URL }}/login",
    "https://{{HOST}}:{{PORT}}/x",
    "http://[{{V6}}]/",
    "https://example.com/{{run.id}}/{{machine.hostname}}",
    "https://example.com/\\{{raw}}",
  ])("%s is fine", (url) => {
    expect(requestWith({ url }).url).toBe(url);
  });

  test.each([
    ["ftp://example.com/", "must begin with http:// or https://"],
    ["example.com", "must begin with http:// or https://"],
    ["file:///etc/passwd", "must begin with http:// or https://"],
    ["https://", "is not a URL"],
    ["https://user:hunter2@example.com/", "holds a user name or password"],
    ["https://hunter2@example.com/", "holds a user name or password"],
    ["https://:hunter2@example.com/", "holds a user name or password"],
    ["https://{{USER}}:{{PASSWORD}}@example.com/", "holds a user name or password"],
    ["{{BASE_URL}}/\n", "holds a line break"],
    ["  ", "is empty"],
  ])("%j is a problem that does not repeat it", (url, problem) => {
    const errors = errorsOf(parseWith({ url }));
    expect(errors).toEqual([expect.stringContaining(`/url  ${problem}`)]);
    expect(errors[0]).not.toContain("hunter2");
  });
});

describe("the headers of a request", () => {
  test("are texts; a null is left out", () => {
    expect(requestWith({ headers: { Accept: "text/plain", "X-None": null } }).headers).toEqual({
      Accept: "text/plain",
    });
  });

  test.each([
    [{ "X A": "a" }, "/headers/X A  is not a header name"],
    [{ "X-A": 5 }, '/headers/X-A  must be a text; write "5" with quotes'],
    [{ "X-A": ["a"] }, "/headers/X-A  must be a text, got a list"],
    [{ accept: "a", Accept: "b" }, "/headers/Accept  is there twice"],
    ["Accept: text/plain", "/headers  must be an object"],
  ])("%j is a problem", (headers, problem) => {
    expect(errorsOf(parseWith({ headers }))).toEqual([expect.stringContaining(problem)]);
  });
});

describe("the query of a request", () => {
  test("keeps numbers exactly, lists and nulls", () => {
    const params = { id: 9007199254740993n, price: new ExactDecimal("1.10"), page: [1, "2"], none: null, yes: true };
    expect(requestWith({ params }).params).toEqual(params);
  });

  test.each([[{ a: { b: 1 } }], [{ a: [[1]] }], [{ a: Number.NaN }], [{ prototype: 1 }]])("can't hold %j", (params) => {
    expect(errorsOf(parseWith({ params }))).toEqual([expect.stringMatching(/^\/params\/(a|prototype) {2}/)]);
  });
});

describe("the body of a request", () => {
  const bodyOf = (body: unknown): unknown => requestWith({ method: "POST", body }).body;

  test("keeps every JSON value exactly", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        fc.pre(!JSON.stringify(body).includes("{{") && !JSON.stringify(body).includes("__proto__"));
        expect(bodyOf(body)).toEqual(body ?? undefined);
      }),
    );
  });

  test("keeps large numbers and decimals, and turns dates into texts", () => {
    expect(bodyOf([9007199254740993n, new ExactDecimal("0.10"), new Date(0)])).toEqual([
      9007199254740993n,
      new ExactDecimal("0.10"),
      "1970-01-01T00:00:00.000Z",
    ]);
  });

  test("lets no key reach a prototype", () => {
    const body = bodyOf({ constructor: "Ferrari" });
    expect(body).toEqual({ constructor: "Ferrari" });
    expect(Object.getPrototypeOf(body)).toBeNull();
    expect(errorsOf(parseWith({ method: "POST", body: JSON.parse('{"a":{"__proto__":{"x":1}}}') }))).toEqual([
      "/body/a/__proto__  the name __proto__ is refused for safety; choose another",
    ]);
  });

  test.each([
    [{ a: Number.NaN }],
    [{ a: Number.NEGATIVE_INFINITY }],
    [{ a: new Date(Number.NaN) }],
    [{ a: new Map() }],
  ])("can't hold %j", (body) => {
    expect(errorsOf(parseWith({ method: "POST", body }))).toEqual([expect.stringContaining("/body/a  ")]);
  });

  test.each([2n ** 63n, -(2n ** 63n) - 1n, 123456789012345678901234567890n])(
    "can't hold %s, which MongoDB could not store",
    (whole) => {
      expect(errorsOf(parseWith({ method: "POST", body: { a: [whole] } }))).toEqual([
        "/body/a/0  is a whole number beyond 64 bits; write it as a text",
      ]);
    },
  );

  test.each(["1".repeat(35), `0.${"1".repeat(35)}`, "1E+6145", "1e-6177"])(
    "can't hold the decimal %s, which MongoDB could not store",
    (digits) => {
      expect(errorsOf(parseWith({ method: "POST", body: { a: new ExactDecimal(digits) } }))).toEqual([
        expect.stringMatching(/^\/body\/a {2}is a decimal number with more than 34 digits/),
      ]);
    },
  );

  test("holds the largest and the smallest numbers that MongoDB stores", () => {
    const decimals = [`-9.${"9".repeat(33)}E+6144`, "1E-6176", "1E+6144", `0.00${"1".repeat(34)}`, "0"];
    const numbers = [2n ** 63n - 1n, -(2n ** 63n), ...decimals.map((it) => new ExactDecimal(it))];
    expect(bodyOf(numbers)).toEqual(numbers);
  });

  test("that its method does not send is a warning", () => {
    const parsed = parseWith({ body: { a: 1 } });
    expect(parsed.ok).toBe(true);
    expect(warningsOf(parsed)).toEqual(["/body  is not sent with GET; choose another method, or use params"]);
  });

  test("null is no body", () => {
    expect(bodyOf(null)).toBeUndefined();
  });
});

describe("the templates of a request", () => {
  test.each([
    "{{KEY}} and {{ KEY }}",
    "\\{{anything else}}",
    "{{run.id}}{{run.scheduled_for}}{{run.local}}{{job.name}}{{machine.id}}",
    '{"a":{"b":{}}}',
    "{{ open",
  ])("%s are fine", (text) => {
    expect(requestOf(valueOf(parseWith({ method: "POST", body: { deep: [text] } }))).body).toEqual({ deep: [text] });
  });

  test.each([
    ["{{var.token}}", "did you mean vars.token?"],
    ["{{steps.login.json.path}}", "no action before it is named login"],
    ["{{run.idd}}", "did you mean run.id?"],
    ["{{#each}}", "write \\{{ where two braces are meant"],
    ["{{}}", "write \\{{ where two braces are meant"],
  ])("%s are a problem", (text, problem) => {
    expect(errorsOf(parseWith({ method: "POST", body: { deep: [text] } }))).toEqual([
      expect.stringContaining(`/body/deep/0  `),
    ]);
    expect(errorsOf(parseWith({ method: "POST", body: text }))[0]).toContain(problem);
    expect(errorsOf(parseWith({ headers: { "X-A": text } }))[0]).toContain(problem);
  });
});
