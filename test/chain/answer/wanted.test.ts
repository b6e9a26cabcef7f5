import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePath } from "../../../src/expression/json-path.ts";
import { templatesIn } from "../../../src/expression/template.ts";
import { answerPart, stepValueKey, wantedValues } from "../../../src/chain/answer/wanted.ts";
import type { Action, ForEachAction, HttpAction } from "../../../src/model/action.ts";
import type { JsonObject, JsonValue } from "../../../src/model/json.ts";
import { httpAction, jobOf } from "../job-fixtures.ts";
import { forEach as forEachOf } from "../flow/actions.ts";

const always = { hourIn: undefined, minuteIn: undefined };

const forEach = (actions: readonly Action[], overrides: Partial<ForEachAction> = {}) =>
  forEachOf([], actions, { name: "each", ...overrides });

/** The key of what one template names. */
function keyOf(template: string): string | undefined {
  const [name] = templatesIn(template);
  return name?.kind === "value" ? stepValueKey(name.name) : undefined;
}

describe("what a template names of an answer", () => {
  test.each([
    ["{{steps.login.json.items[0].id}}", "json$.items[0].id"],
    ["{{ steps.login.json }}", "json$"],
    ["{{steps.login.json.request-id}}", 'json$["request-id"]'],
    ["{{steps.login.headers.Location}}", "header:location"],
    ["{{steps.login.headers.x-request-id}}", "header:x-request-id"],
    ["{{steps.login.text}}", "text$"],
  ])("as %s stands under %s", (template, key) => expect(keyOf(template)).toBe(key));

  test.each([
    "{{steps.login.status}}",
    "{{steps.login.result}}",
    "{{steps.login.error}}",
    "{{steps.each.total}}",
    "{{steps.login.text.length}}",
    "{{steps.login.headers}}",
    "{{vars.json.a}}",
    "{{run.id}}",
  ])("is nothing in %s", (template) => expect(keyOf(template)).toBeUndefined());

  test("is found in the answer again by its key", () => {
    expect(answerPart("text$")).toEqual({ kind: "text" });
    expect(answerPart("header:x:y")).toEqual({ kind: "header", name: "x:y" });
    expect(answerPart("token")).toBeUndefined();
    expect(answerPart("text")).toBeUndefined();
  });

  test("is the one thing at its place, whatever the names on the way are", () => {
    const segment = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.nat(20),
      fc.constantFrom("__proto__", "a.b", "'\"", "\\"),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const key = stepValueKey({ root: "steps", segments: ["login", "json", ...segments] });
        const part = answerPart(key ?? "");
        if (part?.kind !== "json") throw new Error(`no JSON: ${key}`);
        const compiled = compilePath(part.path);
        if (!compiled.ok) throw new Error(compiled.error);
        expect(compiled.path.isSingular).toBe(true);
        expect(compiled.path.find(wrapped(segments, "here"))).toEqual(["here"]);
      }),
    );
  });
});

/** A value that stands at this place of others. */
function wrapped(segments: readonly (string | number)[], inner: string): JsonValue {
  return segments.reduceRight<JsonValue>((value, segment) => {
    if (typeof segment === "number") return [...Array.from({ length: segment }, () => null), value];
    return Object.assign(Object.create(null) as JsonObject, { [segment]: value });
  }, inner);
}

describe("what a job wants of the answers of its steps", () => {
  const asks = (template: string) => httpAction({ url: template });
  const wantedOf = (...args: Parameters<typeof jobOf>) => Object.fromEntries(wantedValues(jobOf(...args)));

  test("is by the name of the step, each thing once", () => {
    const actions = [
      httpAction({ name: "login" }),
      asks("http://x.test/{{steps.login.json.id}}/{{steps.login.json.id}}?at={{steps.list.headers.Date}}"),
      asks("{{steps.login.text}}{{steps.login.status}}{{vars.id}}{{KEY}}"),
    ];
    expect(wantedOf(actions)).toEqual({ login: ["json$.id", "text$"], list: ["header:date"] });
  });

  const text = "{{steps.login.json.a}}";
  test.each<[string, Partial<HttpAction>]>([
    ["its address", { url: text }],
    ["a header", { headers: { "x-a": text } }],
    ["a parameter", { params: { a: [text] } }],
    ["its body", { body: { a: [{ b: text }] } }],
    ["its form", { form: { a: text } }],
    [
      "a part of its multipart",
      { multipart: [{ name: "a", value: text, base64: undefined, filename: "a", contentType: undefined }] },
    ],
    ["its bytes", { bodyBase64: text }],
    ["its auth", { auth: { type: "bearer", token: text } }],
    ["its condition", { when: { ...always, if: [{ value: text, matcher: { exists: true } }] } }],
    ["what its condition compares with", { when: { ...always, if: [{ value: 1, matcher: { in: [text] } }] } }],
    ["what it expects", { expect: { json: [{ path: "$", matcher: { equals: text } }] } }],
    ["what it expects of the text", { expect: { bodyMatches: text } }],
    ["what it waits for", { until: { rules: { headers: { a: { matches: text } } }, everyMs: 1, timeoutMs: 1 } }],
  ])("is seen in %s", (_, overrides) => {
    expect(wantedOf([httpAction(overrides)])).toEqual({ login: ["json$.a"] });
  });

  test("is seen at any depth, and in what is done at the end", () => {
    const actions: readonly Action[] = [
      forEach([forEach([asks("{{steps.a.text}}")], { onFailure: [asks("{{steps.b.text}}")] })], {
        in: "{{steps.c.json.ids}}",
        finally: [asks("{{steps.d.text}}")],
      }),
      {
        type: "sleep",
        name: undefined,
        for: "{{steps.e.json.n}}",
        until: undefined,
        when: always,
        continueOnFailure: false,
      },
      {
        type: "job",
        name: undefined,
        job: "x",
        vars: { a: "{{steps.f.text}}" },
        when: always,
        continueOnFailure: false,
      },
    ];
    const job = jobOf([httpAction()], {
      actions,
      onFailure: [asks("{{steps.g.text}}")],
      finally: [asks("{{steps.h.text}}")],
    });
    expect([...wantedValues(job).keys()].toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"]);
  });

  test("is nothing where templates name no answer", () => {
    expect(
      wantedOf([httpAction({ name: "login", url: "{{BASE}}/{{run.id}}", body: "\\{{steps.login.text}}" })]),
    ).toEqual({});
  });
});
