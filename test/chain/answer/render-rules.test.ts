import { describe, expect, test } from "vitest";
import { renderRules } from "../../../src/chain/answer/render-rules.ts";
import type { Scope } from "../../../src/expression/scope.ts";
import type { JsonValue } from "../../../src/model/json.ts";
import type { AnswerRules } from "../../../src/model/matcher.ts";

const vars = new Map<string, JsonValue>([
  ["vars.n", 7],
  ["vars.ids", [1, 2]],
  ["vars.open", "("],
]);
const scope: Scope = {
  secret: (name) => (name === "KEY" ? "s3cr3t" : undefined),
  value: (name) => {
    const value = vars.get(name.text);
    return value === undefined ? { found: false, why: `{{${name.text}}} has no value` } : { found: true, value };
  },
};

describe("the rules for an answer", () => {
  test("have what they compare with filled in, with its type, and keep everything else", () => {
    const rules: AnswerRules = {
      status: [200],
      headers: { "x-key": { equals: "{{KEY}}" } },
      json: [{ path: "$.a", matcher: { equals: "{{vars.n}}", in: "{{vars.ids}}", exists: true } }],
      bodyMatches: "^{{vars.n}}$",
      schema: { const: "{{vars.n}}" },
      maxMs: 1,
      maxBytes: 2,
      minBytes: 3,
    };
    expect(renderRules(rules, scope)).toEqual({
      ok: true,
      value: {
        ...rules,
        headers: { "x-key": { equals: "s3cr3t" } },
        json: [{ path: "$.a", matcher: { equals: 7, in: [1, 2], exists: true } }],
        bodyMatches: "^7$",
      },
    });
  });

  test("say nothing more than they did", () => {
    expect(renderRules({}, scope)).toEqual({ ok: true, value: {} });
  });

  test.each<[string, AnswerRules]>([
    ["a header", { headers: { a: { equals: "{{vars.none}}" } } }],
    ["a place in the JSON", { json: [{ path: "$", matcher: { in: [["{{vars.none}}"]] } }] }],
    ["the text", { bodyMatches: "a{{vars.none}}" }],
  ])("about %s can't be had where a value is missing", (_, rules) => {
    expect(renderRules(rules, scope)).toEqual({ ok: false, error: expect.stringContaining("{{vars.none}}") });
  });

  test("about the text can't be had where a value makes its pattern wrong", () => {
    expect(renderRules({ bodyMatches: "{{vars.open}}" }, scope)).toEqual({
      ok: false,
      error: expect.stringContaining("the pattern ( can't be read"),
    });
  });
});
