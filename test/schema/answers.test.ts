import { describe, expect, test } from "vitest";
import { errorsOf, parseWith, requestWith, warningsOf } from "./job-document.ts";

describe("expect", () => {
  test("says with every rule what a good answer is", () => {
    const rules = {
      status: ["2xx", 404, "5XX"],
      headers: { "Content-Type": { matches: "json" }, "X-Count": "5" },
      json: [
        { path: "$.ok", equals: true },
        { path: "$.items[*].id", gt: "{{vars.low}}" },
      ],
      body_matches: "^{",
      schema: { type: "object", required: ["ok"], properties: { braces: { pattern: "{{x.y}}" } } },
      max_ms: 500,
      max_bytes: 1000,
      min_bytes: 2,
    };
    expect(requestWith({ vars: { low: 1 }, expect: rules }).expect).toEqual({
      status: ["2xx", 404, "5xx"],
      headers: { "content-type": { matches: "json" }, "x-count": { equals: "5" } },
      json: [
        { path: "$.ok", matcher: { equals: true } },
        { path: "$.items[*].id", matcher: { gt: "{{vars.low}}" } },
      ],
      bodyMatches: "^{",
      schema: rules.schema,
      maxMs: 500,
      maxBytes: 1000,
      minBytes: 2,
    });
  });

  test("takes one status for a list of it", () => {
    expect(requestWith({ expect: { status: 204 } }).expect).toEqual({ status: [204] });
    expect(requestWith({ expect: { status: "3xx" } }).expect).toEqual({ status: ["3xx"] });
    expect(requestWith({ expect: { json: [], headers: {} } })).not.toHaveProperty("expect");
  });

  test.each([
    [{ status: 99 }, "/status  must be at least 100, got 99"],
    [{ status: 600 }, "/status  must be at most 599, got 600"],
    [{ status: "6xx" }, '/status  must be a status such as 200 or "2xx", got "6xx"'],
    [{ status: [] }, "/status  is empty, so no answer would be good"],
    [{ status: [200, null] }, '/status/1  must be a status such as 200 or "2xx", got null'],
    [{ status: true }, "/status  must be a whole number from 100 to 599, got true"],
    [{ headers: { "a b": "x" } }, "/headers/a b  is not a header name"],
    [{ headers: { A: "x", a: "y" } }, "/headers/a  is there twice"],
    [{ headers: { a: 5 } }, '/headers/a  must be a text or an object such as { "exists": true }, got 5'],
    [{ headers: { a: {} } }, "/headers/a  says nothing to compare with"],
    [{ json: [{ equals: 1 }] }, "/json/0/path  is missing; write a JSONPath such as $.state"],
    [{ json: [{ path: "$.a[", equals: 1 }] }, "/json/0/path  "],
    [{ json: [{ path: "a.b", equals: 1 }] }, "/json/0/path  "],
    [{ json: [{ path: "$.a" }] }, "/json/0  says nothing to compare with"],
    [{ json: { path: "$.a", equals: 1 } }, "/json  must be a list, got an object"],
    [{ body_matches: "(" }, "/body_matches  "],
    [{ schema: { type: "objekt" } }, "/schema  "],
    [{ schema: "object" }, "/schema  "],
    [{ max_ms: 0 }, "/max_ms  must be at least 1, got 0"],
    [{ min_bytes: -1 }, "/min_bytes  must be at least 0, got -1"],
    [{ min_bytes: 9, max_bytes: 8 }, "/min_bytes  is more than max_bytes, so no answer would be good"],
    [{ statsu: 200 }, "/statsu  unknown field; did you mean status?"],
    [200, "  must be an object, got 200"],
  ])("%j is told what is wrong with it", (rules, problem) => {
    expect(errorsOf(parseWith({ expect: rules }))).toEqual([expect.stringContaining(`/expect${problem}`)]);
  });
});

describe("until", () => {
  test("is asked every 30 s for an hour, unless it says otherwise or the run has less time", () => {
    const status = 200;
    expect(requestWith({ until: { status } }).until).toEqual({
      rules: { status: [200] },
      everyMs: 30_000,
      timeoutMs: 3_600_000,
    });
    expect(requestWith({ until: { status }, run_timeout_sec: 600 }).until).toMatchObject({ timeoutMs: 600_000 });
    const said = { json: [{ path: "$.state", in: ["done"] }], every_sec: 1, timeout_sec: 86_400 };
    expect(requestWith({ until: said }).until).toEqual({
      rules: { json: [{ path: "$.state", matcher: { in: ["done"] } }] },
      everyMs: 1_000,
      timeoutMs: 86_400_000,
    });
  });

  test.each([
    [{}, "  says nothing to wait for; write one of status, headers, json, body_matches, schema"],
    [{ every_sec: 5 }, "  says nothing to wait for"],
    [{ status: 200, every_sec: 0 }, "/every_sec  must be at least 1, got 0"],
    [{ status: 200, every_sec: 86_401 }, "/every_sec  must be at most 86400, got 86401"],
    [{ status: 200, timeout_sec: 0 }, "/timeout_sec  must be at least 1, got 0"],
    [{ status: 200, timeout_sec: 601 }, "/timeout_sec  must be at most 600, got 601"],
    [{ json: [{ path: "$", matches: "[" }] }, "/json/0/matches  "],
  ])("%j is told what is wrong with it", (until, problem) => {
    expect(errorsOf(parseWith({ until, run_timeout_sec: 600 }))).toEqual([expect.stringContaining(`/until${problem}`)]);
  });

  test("is warned about a status with which no answer is good", () => {
    const warning =
      "/until/status  is no status of a good answer, so the step fails instead of ending well; write it into expect.status too";
    expect(warningsOf(parseWith({ until: { status: 404 } }))).toEqual([warning]);
    expect(warningsOf(parseWith({ until: { status: 201 }, expect: { status: 204 } }))).toEqual([warning]);
    expect(warningsOf(parseWith({ until: { status: 404 }, expect: { status: ["2xx", 404] } }))).toEqual([]);
    expect(warningsOf(parseWith({ until: { status: "2xx" }, expect: { status: 204 } }))).toEqual([]);
  });
});

describe("capture", () => {
  test("takes from the JSON, a header, the status or the text", () => {
    const capture = {
      token: "$.access_token",
      ids: { path: "$.items[*].id", default: [] },
      where: { header: "Location", sensitive: true },
      code: { status: true },
      all: { text: true, default: null },
      part: { text: "id=(\\d+)" },
    };
    expect(requestWith({ capture, sensitive: true })).toMatchObject({
      sensitive: true,
      capture: {
        token: { from: { kind: "json", path: "$.access_token" }, default: undefined, sensitive: false },
        ids: { from: { kind: "json", path: "$.items[*].id" }, default: [], sensitive: false },
        where: { from: { kind: "header", name: "location" }, default: undefined, sensitive: true },
        code: { from: { kind: "status" } },
        all: { from: { kind: "text", pattern: undefined }, default: null },
        part: { from: { kind: "text", pattern: "id=(\\d+)" } },
      },
    });
  });

  test.each([
    [{ "a-b": "$.a" }, "/a-b  is not a name that a template can use"],
    [{ a: "" }, "/a  is empty"],
    [{ a: "token" }, "/a  "],
    [{ a: {} }, '/a  does not say what is taken; write "$.path"'],
    [{ a: null }, '/a  must be "$.path"'],
    [{ a: 5 }, '/a  must be "$.path"'],
    [{ a: { path: "$.a", header: "b" } }, "/a/header  stands beside path; keep one of the two"],
    [{ a: { header: "a b" } }, "/a/header  is not a header name"],
    [{ a: { status: "yes" } }, '/a/status  must be true or false (without quotes), got "yes"'],
    [{ a: { text: "(" } }, "/a/text  "],
    [{ a: { path: "$.a", default: new Date(Number.NaN) } }, "/a/default  is not a valid date"],
    [{ a: { path: "$.a", sensitive: "yes" } }, '/a/sensitive  must be true or false (without quotes), got "yes"'],
    [["$.a"], "  must be an object, got a list"],
  ])("%j is told what is wrong with it", (capture, problem) => {
    expect(errorsOf(parseWith({ capture }))).toEqual([expect.stringContaining(`/capture${problem}`)]);
  });

  test("warns that a default is taken as it stands", () => {
    const capture = { a: { path: "$.a", default: ["{{KEY}}"] } };
    expect(requestWith({ capture }).capture?.["a"]?.default).toEqual(["{{KEY}}"]);
    expect(warningsOf(parseWith({ capture }))).toEqual([
      "/capture/a/default  is taken as it stands: templates in it are not filled in; write the value itself",
    ]);
  });
});
