import { describe, expect, test } from "vitest";
import { CAPTURED_BYTES_MAX, captureValues } from "../../../src/chain/answer/capture.ts";
import type { Captured } from "../../../src/chain/answer/capture.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import type { Capture, Captures } from "../../../src/model/capture.ts";
import { ExactDecimal } from "../../../src/model/json.ts";
import type { JsonValue } from "../../../src/model/json.ts";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";
import { failure, response } from "./responses.ts";

const redactor = createRedactor(new Map([["API_KEY", "s3cr3t-key"]]));

function capture(from: Capture["from"], overrides: Partial<Capture> = {}): Capture {
  return { from, default: undefined, sensitive: false, ...overrides };
}

const path = (text: string, overrides: Partial<Capture> = {}) => capture({ kind: "json", path: text }, overrides);
const pattern = (text: string | undefined, overrides: Partial<Capture> = {}) =>
  capture({ kind: "text", pattern: text }, overrides);
const ofJson = (value: unknown) => response({ body: JSON.stringify(value) });

function taken(captures: Captures, outcome: HttpOutcome, wanted: readonly string[] = []): Captured {
  return captureValues({ capture: captures }, outcome, wanted, redactor, false);
}

/** The value of one capture, which must be there without an error and not sensitive. */
function value(one: Capture, outcome: HttpOutcome): JsonValue | undefined {
  const captured = taken({ it: one }, outcome);
  if (!captured.ok) throw new Error(captured.error);
  expect(Object.keys(captured.sensitive)).toEqual([]);
  return captured.values["it"];
}

describe("a capture by path", () => {
  const body = ofJson({ token: "t", count: 3, none: null, empty: [], items: [{ id: 1 }, { id: 2 }], yes: true });

  test.each([
    ["$.token", "t"],
    ["$.count", 3],
    ["$.yes", true],
    ["$.none", null],
    ["$.empty", []],
    ["$.items[0]", { id: 1 }],
    ["$.items[-1].id", 2],
    ["$.items[*].id", [1, 2]],
    ["$.items[1:].id", [2]],
    ["$.items[7:].id", []],
    ["$..id", [1, 2]],
    ["$.nowhere", undefined],
    ["$.items[7].id", undefined],
  ])("%s is %j", (text, expected) => expect(value(path(text), body)).toEqual(expected));

  test("has its default where nothing is found, and only there", () => {
    const whenNone = { default: ["none"] };
    expect(value(path("$.nowhere", whenNone), body)).toEqual(["none"]);
    expect(value(path("$.items[7:].id", whenNone), body)).toEqual(["none"]);
    expect(value(path("$.none", whenNone), body)).toBeNull();
    expect(value(path("$.empty", whenNone), body)).toEqual([]);
    expect(value(path("$.items[7:].id", { default: null }), body)).toBeNull();
  });

  test("keeps numbers that a double does not hold", () => {
    const exact = response({ body: '{"id":9007199254740993,"price":0.1000000000000000000001}' });
    expect(value(path("$.id"), exact)).toBe(9_007_199_254_740_993n);
    expect(value(path("$.price"), exact)).toEqual(new ExactDecimal("0.1000000000000000000001"));
  });

  test.each(["", "<html></html>", '{"a":'])("finds nothing in a body of %o", (text) => {
    expect(value(path("$.token"), response({ body: text }))).toBeUndefined();
    expect(value(path("$.items[*]"), response({ body: text }))).toBeUndefined();
    expect(value(path("$.items[*]", { default: [] }), response({ body: text }))).toEqual([]);
  });

  test("of a body that was cut is an error, whatever its default is", () => {
    const cut = response({ body: '{"items":[]', truncated: true });
    expect(taken({ ids: path("$.items", { default: [] }) }, cut)).toEqual({
      ok: false,
      error: expect.stringMatching(/^the capture ids can't be taken.*first 11 bytes.*max_body_bytes/),
    });
  });
});

describe("a capture of something else than JSON", () => {
  const answer = response({
    status: 201,
    headers: { Location: "/jobs/7", "set-cookie": ["a=1", "b=2"] },
    body: "job id=7; state=open",
  });

  test.each<[Capture["from"], JsonValue | undefined]>([
    [{ kind: "status" }, 201],
    [{ kind: "header", name: "location" }, "/jobs/7"],
    [{ kind: "header", name: "set-cookie" }, "a=1, b=2"],
    [{ kind: "header", name: "x-none" }, undefined],
    [{ kind: "text", pattern: undefined }, "job id=7; state=open"],
    [{ kind: "text", pattern: "id=(\\d+)" }, "7"],
    [{ kind: "text", pattern: "id=\\d+" }, "id=7"],
    [{ kind: "text", pattern: "nowhere" }, undefined],
  ])("%j is %j", (from, expected) => expect(value(capture(from), answer)).toEqual(expected));

  test("has its default where nothing is found", () => {
    expect(value(capture({ kind: "header", name: "x-none" }, { default: 0 }), answer)).toBe(0);
    expect(value(pattern("nowhere=(\\d+)", { default: "0" }), answer)).toBe("0");
  });

  test("takes the whole text even when it is empty", () => {
    expect(value(pattern(undefined, { default: "x" }), response({ status: 204 }))).toBe("");
  });

  test("of a cut text is what is found in its beginning, else an error", () => {
    const cut = response({ body: "job id=7; sta", truncated: true });
    expect(value(pattern("id=(\\d+)"), cut)).toBe("7");
    expect(taken({ state: pattern("state=(\\w+)", { default: "" }) }, cut)).toMatchObject({ ok: false });
    expect(taken({ all: pattern(undefined) }, cut)).toEqual({
      ok: false,
      error: expect.stringMatching(/^the capture all can't be taken.*first 13 bytes/),
    });
  });
});

describe("what templates name of an answer", () => {
  const answer = response({
    headers: { Location: "/jobs/7" },
    body: '{"items":[{"id":7,"a b":{"__proto__":1}}]}',
  });

  test("is there under the keys that are wanted", () => {
    const wanted = ["json$.items[0].id", "json$", 'json$.items[0]["a b"].__proto__', "header:location", "text$"];
    expect(taken({}, answer, wanted)).toMatchObject({
      ok: true,
      values: {
        "json$.items[0].id": 7,
        'json$.items[0]["a b"].__proto__': 1,
        "header:location": "/jobs/7",
        text$: answer.body,
      },
    });
  });

  test("is not there where the answer has no such thing", () => {
    expect(taken({}, answer, ["json$.items[7].id", "json$.constructor", "header:x-none"])).toMatchObject({
      values: {},
    });
    const none = taken({}, answer, ["json$.items[7].id", "json$.constructor", "json$.__proto__", "header:x-none"]);
    expect(none.ok && Object.keys(none.values)).toEqual([]);
    const html = taken({}, response({ body: "<html>" }), ["json$.a"]);
    expect(html.ok && Object.keys(html.values)).toEqual([]);
  });

  test("stands beside a capture that is called text", () => {
    const both = taken({ text: capture({ kind: "status" }) }, answer, ["text$"]);
    expect(both).toMatchObject({ values: { text: 200, text$: answer.body } });
  });
});

describe("a value that nobody may see", () => {
  const answer = response({
    headers: { "x-echo": "key s3cr3t-key" },
    body: '{"token":"t0ken","list":[{"k":"s3cr3t-key"}]}',
  });

  test("is what its capture or its step calls sensitive", () => {
    const captures = { token: path("$.token", { sensitive: true }), code: capture({ kind: "status" }) };
    expect(taken(captures, answer)).toMatchObject({ values: { code: 200 }, sensitive: { token: "t0ken" } });
    const all = captureValues({ capture: captures, sensitive: true }, answer, ["json$.token"], redactor, false);
    expect(all).toMatchObject({ values: {}, sensitive: { token: "t0ken", code: 200, "json$.token": "t0ken" } });
    expect(all.ok && Object.keys(all.values)).toEqual([]);
  });

  test("is what a known secret is found in, at any depth and in any form", () => {
    const captures = {
      list: path("$.list"),
      echo: capture({ kind: "header", name: "x-echo" }),
      safe: path("$.token"),
      coded: path("$.coded", { default: Buffer.from("s3cr3t-key").toString("base64") }),
    };
    const captured = taken(captures, answer, ["text$"]);
    expect(captured.ok && Object.keys(captured.sensitive).toSorted()).toEqual(["coded", "echo", "list", "text$"]);
    expect(captured.ok && Object.keys(captured.values)).toEqual(["safe"]);
  });
});

describe("a step that failed", () => {
  const captures = {
    ids: path("$.ids[*]", { default: [] }),
    token: path("$.token"),
    key: path("$.key", { default: "k", sensitive: true }),
  };
  const after = (outcome: HttpOutcome, wanted: readonly string[] = []) =>
    captureValues({ capture: captures }, outcome, wanted, redactor, true);

  test("gives the defaults of its captures alone, whatever its answer holds", () => {
    const answers = [failure("timeout", "timed out"), response({ status: 500, body: '{"ids":[1],"token":"t"}' })];
    for (const answer of answers) {
      const captured = after(answer);
      expect(captured).toMatchObject({ ok: true, values: { ids: [] }, sensitive: { key: "k" } });
      expect(captured.ok && Object.keys(captured.values)).toEqual(["ids"]);
    }
  });

  test("gives what templates name of its answer, so that cleaning up can tell of it", () => {
    const answer = response({ status: 500, body: '{"error":"full"}' });
    expect(after(answer, ["json$.error"])).toMatchObject({ values: { "json$.error": "full" } });
    expect(after(failure("network", "refused"), ["json$.error"])).toMatchObject({ ok: true });
  });

  test("fails by nothing that can't be had", () => {
    const cut = response({ status: 500, body: "x".repeat(CAPTURED_BYTES_MAX), truncated: true });
    expect(after(cut, ["text$", "json$.a"])).toMatchObject({ ok: true, values: { ids: [] } });
    const large = response({ status: 500, body: "x".repeat(CAPTURED_BYTES_MAX) });
    expect(after(large, ["text$"])).toMatchObject({ ok: true, values: { ids: [] } });
  });
});

describe("how much a step takes", () => {
  test("is at most 200 KB of JSON text in all, and the error names the value that is too much", () => {
    const half = "x".repeat(CAPTURED_BYTES_MAX / 2 - 2);
    const answer = ofJson({ a: half, b: half, c: 1 });
    expect(taken({ a: path("$.a"), b: path("$.b") }, answer)).toMatchObject({ ok: true });
    expect(taken({ a: path("$.a"), b: path("$.b"), c: path("$.c") }, answer)).toEqual({
      ok: false,
      error: expect.stringMatching(/^the capture c is too large.*200 KB/),
    });
    expect(taken({ a: path("$.a") }, answer, ["json$.b", "json$.c"])).toEqual({
      ok: false,
      error: expect.stringMatching(/JSON at \$\.c.*too large.*200 KB/),
    });
  });

  test("counts what is sensitive as well", () => {
    const answer = ofJson("x".repeat(CAPTURED_BYTES_MAX));
    expect(taken({ all: path("$", { sensitive: true }) }, answer)).toMatchObject({ ok: false });
  });
});

test("a capture with the name of something that every object has is one like any other", () => {
  const captures = JSON.parse('{"__proto__":1,"constructor":1}') as Record<string, unknown>;
  const named = Object.fromEntries(Object.keys(captures).map((name) => [name, path("$.a")])) as Captures;
  const captured = taken(named, ofJson({ a: 7 }));
  expect(captured.ok && Object.entries(captured.values)).toEqual([
    ["__proto__", 7],
    ["constructor", 7],
  ]);
});
