import { describe, expect, test } from "vitest";
import { RENDERED_LENGTH_MAX, renderText } from "../../src/expression/render-text.ts";
import { renderValue } from "../../src/expression/render-value.ts";
import { parseExactJson } from "../../src/expression/exact-json.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { scopeOf, varsOf } from "../support/scope-of.ts";

const scope = scopeOf(
  { KEY: "value", A: "{{A}} and {{KEY}}", BASE_URL: "https://api.test/v1?x=1&y=", NUMBER: "5" },
  {
    run: { id: "job1|2026-11-21T05:30Z|fleet", scheduled_for: "2026-11-21T05:30:00Z" },
    job: { name: "fetch & store/é" },
    machine: { hostname: "db-1", id: "machine1" },
    vars: {
      five: 5,
      yes: true,
      none: null,
      list: [1, "two", { three: 3 }],
      object: { a: { "b c": [10, 20] } },
      big: 12345678901234567890n,
      exact: new ExactDecimal("0.12345678901234567890"),
      looksLikeTemplate: "{{KEY}} {{vars.five}} \\{{",
      empty: "",
    },
  },
);
const text = (template: string, place: "text" | "url" = "text"): string => {
  const rendered = renderText(template, scope, place);
  return rendered.ok ? rendered.value : `error: ${rendered.error}`;
};
const value = (template: JsonValue): unknown => {
  const rendered = renderValue(template, scope);
  return rendered.ok ? rendered.value : `error: ${rendered.error}`;
};

describe("a text with templates", () => {
  test.each([
    ["{{KEY}}", "value"],
    ["a {{ KEY }} b {{KEY}}", "a value b value"],
    ["{{run.id}}", "job1|2026-11-21T05:30Z|fleet"],
    ["{{run.scheduled_for}}", "2026-11-21T05:30:00Z"],
    ["{{job.name}}", "fetch & store/é"],
    ["{{machine.hostname}} {{machine.id}}", "db-1 machine1"],
    ["{{vars.five}} {{vars.yes}} {{vars.big}}", "5 true 12345678901234567890"],
    ["{{vars.exact}}", "0.12345678901234567890"],
    ["{{vars.list}}", '[1,"two",{"three":3}]'],
    ["{{vars.list[1]}} {{vars.list[2].three}}", "two 3"],
    ['{{vars.object.a["b c"][1]}} {{vars.object}}', '20 {"a":{"b c":[10,20]}}'],
    ["<{{vars.empty}}>", "<>"],
    ["\\{{KEY}}", "{{KEY}}"],
    ["{ {KEY} } {{ {", "{ {KEY} } {{ {"],
  ])("%s becomes %s", (template, expected) => expect(text(template)).toBe(expected));

  test("row 20: is filled in once: a value that looks like a template stays as it is", () => {
    expect(text("{{A}}")).toBe("{{A}} and {{KEY}}");
    expect(text("{{vars.looksLikeTemplate}}!")).toBe("{{KEY}} {{vars.five}} \\{{!");
  });

  test("that nothing defines is named, and what to do", () => {
    expect(text("{{UNKNOWN}}")).toContain('{{UNKNOWN}} is not among the secrets of this machine: add it to "secrets"');
    expect(text("{{vars.nope}}")).toBe("error: {{vars.nope}} has no value");
    expect(text("{{vars.list[3]}}")).toBe("error: {{vars.list[3]}} has no value");
    expect(text("{{run.nope}}")).toContain("{{run.nope}} is nothing that a template can name");
    expect(text("{{}}")).toContain("error: {{}}");
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "finds nothing under %s, which objects have by themselves",
    (name) => {
      expect(text(`{{${name}}}`)).toContain("is not among the secrets");
      expect(text(`{{vars.${name}}}`)).toContain("has no value");
      expect(text(`{{vars.object.${name}}}`)).toContain("has no value");
    },
  );

  test.each(["vars.list.length", "vars.exact.digits", "vars.empty.length"])("finds nothing under %s", (name) => {
    expect(text(`{{${name}}}`)).toContain("has no value");
  });

  test("can't have null in the middle of it", () => {
    expect(text("id={{vars.none}}")).toBe("error: {{vars.none}} is null, which can't stand within a text");
  });

  test("does not grow without a limit", () => {
    const vars = { mega: "x".repeat(1_000_000) };
    const rendered = renderText("{{vars.mega}}".repeat(100_000), varsOf(vars), "text");
    expect(rendered).toMatchObject({ ok: false, error: expect.stringContaining("longer than") });
    const fitting = renderText("{{vars.mega}}".repeat(16), varsOf(vars), "text");
    expect(fitting.ok && fitting.value.length).toBe(16_000_000);
    expect(RENDERED_LENGTH_MAX).toBeGreaterThan(16_000_000);
  });
});

describe("a value with templates", () => {
  test.each<[JsonValue, unknown]>([
    ["{{vars.five}}", 5],
    ["{{ vars.five }}", 5],
    ["{{vars.yes}}", true],
    ["{{vars.none}}", null],
    ["{{vars.big}}", 12345678901234567890n],
    ["{{vars.exact}}", new ExactDecimal("0.12345678901234567890")],
    ["{{vars.list}}", [1, "two", { three: 3 }]],
    ["{{vars.looksLikeTemplate}}", "{{KEY}} {{vars.five}} \\{{"],
    ["{{NUMBER}}", "5"],
    [" {{vars.five}}", " 5"],
    ["{{vars.five}}{{vars.five}}", "55"],
    [7n, 7n],
  ])("%o becomes %o", (template, expected) => expect(value(template)).toEqual(expected));

  test("is filled in at any depth, but not in the names of its fields", () => {
    expect(value({ "{{KEY}}": [{ a: "{{vars.five}}", b: ["{{KEY}}", "-{{vars.yes}}"] }] })).toEqual(
      Object.assign(Object.create(null), {
        "{{KEY}}": [Object.assign(Object.create(null), { a: 5, b: ["value", "-true"] })],
      }),
    );
  });

  test("keeps a field called __proto__ as a field", () => {
    const parsed = parseExactJson('{"__proto__":{"admin":"{{vars.yes}}"}}');
    const rendered = parsed.ok ? renderValue(parsed.value, scope) : parsed;
    expect(JSON.stringify(rendered)).toBe('{"ok":true,"value":{"__proto__":{"admin":true}}}');
    expect("admin" in {}).toBe(false);
  });

  test("is an error as soon as one name has no value, and numbers that JSON lacks are too", () => {
    expect(value([1, { a: "{{vars.nope}}" }])).toBe("error: {{vars.nope}} has no value");
    expect(value(["{{UNKNOWN}}"])).toContain("{{UNKNOWN}} is not among the secrets");
    expect(value({ a: Number.NaN })).toContain("NaN can't be written as JSON");
  });
});

describe("a URL with templates", () => {
  test("takes secrets as they stand and encodes everything else", () => {
    expect(text("{{BASE_URL}}/jobs/{{job.name}}", "url")).toBe(
      "https://api.test/v1?x=1&y=/jobs/fetch%20%26%20store%2F%C3%A9",
    );
  });

  const inPath = (id: string) => renderText("https://api.test/a/{{vars.id}}/b?c=d", varsOf({ id }), "url");

  test.each([
    ["../../admin", "..%2F..%2Fadmin"],
    ["a?b#c", "a%3Fb%23c"],
    ["%2e%2e", "%252e%252e"],
    ["a\r\nHost: evil", "a%0D%0AHost%3A%20evil"],
    ["a&b=c+d e", "a%26b%3Dc%2Bd%20e"],
    ["\\..\\", "%5C..%5C"],
    ["half \ud83d", "half%20%EF%BF%BD"],
    ["it's (a) *!", "it%27s%20%28a%29%20%2A%21"],
    ["...", "..."],
  ])("keeps its shape with %o in its path", (id, encoded) => {
    expect(inPath(id)).toEqual({ ok: true, value: `https://api.test/a/${encoded}/b?c=d` });
    expect(new URL(`https://api.test/a/${encoded}/b?c=d`).pathname).toBe(`/a/${encoded}/b`);
  });

  test("refuses an empty value that would make a part of its path empty", () => {
    expect(inPath("")).toMatchObject({ ok: false, error: expect.stringContaining("is empty") });
  });

  test.each([".", ".."])("refuses %o as a part of its path, which would lead elsewhere", (id) => {
    expect(inPath(id)).toMatchObject({
      ok: false,
      error: expect.stringContaining("{{vars.id}} makes a part of the path"),
    });
  });

  const dots = scopeOf({ DOT: ".", SLASH: "/" }, { vars: { dot: ".", empty: "" } });

  test.each([
    "https://api.test/a/{{vars.dot}}{{vars.dot}}",
    "https://api.test/a/.{{vars.dot}}/b",
    "https://api.test/a/%2E{{vars.dot}}?c",
    "https://api.test/a/{{DOT}}{{vars.dot}}#c",
    "https://api.test/a\\.{{vars.dot}}\\b",
    "https://api.test/a{{SLASH}}{{vars.dot}}",
  ])("refuses dots that make such a part together with what is around them: %s", (url) => {
    expect(renderText(url, dots, "url")).toMatchObject({ ok: false });
  });

  test.each([
    "https://api.test/a/v1{{vars.dot}}2/{{vars.dot}}well-known",
    "https://api.test/a?up={{vars.dot}}{{vars.dot}}/{{vars.dot}}",
    "https://api.test/a/../b/c{{vars.empty}}",
  ])("takes dots that lead nowhere else: %s", (url) => {
    expect(renderText(url, dots, "url")).toMatchObject({ ok: true });
  });

  const hosts = varsOf({
    url: "https://api.test/x",
    host: "api.test",
    port: 8080,
    both: "api.test:8080",
    at: "me@evil",
  });

  test("says that a value can't give its beginning", () => {
    const rendered = renderText("{{vars.url}}", hosts, "url");
    expect(rendered).toMatchObject({ ok: false, error: expect.stringContaining("write the beginning out") });
  });

  test("takes a host and a port from values, each in its place", () => {
    const rendered = renderText("https://{{vars.host}}:{{vars.port}}/x", hosts, "url");
    expect(rendered).toEqual({ ok: true, value: "https://api.test:8080/x" });
  });

  test.each(["http://{{vars.both}}/x", "http://{{vars.at}}/x", "http://a.{{vars.at}}"])(
    "takes nothing else for a host: %s",
    (url) => {
      const rendered = renderText(url, hosts, "url");
      expect(rendered).toMatchObject({
        ok: false,
        error: expect.stringContaining("stands where the host of a URL is"),
      });
    },
  );

  test("has no place for null or for a name without a value", () => {
    expect(text("https://api.test/{{vars.none}}", "url")).toContain("{{vars.none}} is null");
    expect(text("https://api.test/{{vars.nope}}", "url")).toContain("has no value");
    expect(text("https://api.test/{{vars.list}}", "url")).toBe(
      "https://api.test/%5B1%2C%22two%22%2C%7B%22three%22%3A3%7D%5D",
    );
  });
});
