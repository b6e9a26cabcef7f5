import { describe, expect, test } from "vitest";
import { judge } from "../../../src/chain/answer/judge.ts";
import type { AnswerRules } from "../../../src/model/matcher.ts";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";
import { SCHEDULED_FOR } from "../job-fixtures.ts";
import { failure, response } from "./responses.ts";

const judged = (outcome: HttpOutcome, rules?: AnswerRules) => judge(outcome, rules, SCHEDULED_FOR);

describe("an answer without rules", () => {
  test.each([200, 204, 299])("of %i is ok", (status) => {
    expect(judged(response({ status }))).toEqual({ kind: "ok", statusCode: status });
  });

  test.each([
    [101, "3xx"],
    [199, "3xx"],
    [300, "3xx"],
    [301, "3xx"],
    [304, "3xx"],
    [400, "4xx"],
    [404, "4xx"],
    [429, "429"],
    [499, "4xx"],
    [500, "5xx"],
    [599, "5xx"],
    [999, "5xx"],
  ])("of %i has failed, as %s", (status, failureClass) => {
    expect(judged(response({ status }))).toEqual({
      kind: "failed",
      statusCode: status,
      error: `HTTP ${status}`,
      failureClass,
      retryAfterMs: undefined,
    });
  });
});

describe("an answer that never came", () => {
  test.each([
    ["timeout", "timeout"],
    ["network", "network"],
    ["refused", undefined],
  ] as const)("by %s has failed in the words of the client, as %s", (cause, failureClass) => {
    expect(judged(failure(cause, "what the client says"), { status: [404] })).toEqual({
      kind: "failed",
      statusCode: undefined,
      error: "what the client says",
      failureClass,
      retryAfterMs: undefined,
    });
  });
});

describe("an expected status", () => {
  test.each([
    [404, [404]],
    [404, ["2xx", 404]],
    [204, ["2xx", 404]],
    [304, ["3xx"]],
    [500, ["5xx"]],
  ] as const)("of %i is good where %j is expected", (status, rule) => {
    expect(judged(response({ status }), { status: rule }).kind).toBe("ok");
  });

  test.each([
    [200, [404], "HTTP 200, expected 404", "expect"],
    [304, ["2xx", 404], "HTTP 304, expected 2xx or 404", "expect"],
    [403, ["2xx", 404], "HTTP 403, expected 2xx or 404", "4xx"],
    [429, [200], "HTTP 429, expected 200", "429"],
    [503, [200], "HTTP 503, expected 200", "5xx"],
    [1200, ["2xx"], "HTTP 1200, expected 2xx", "5xx"],
  ] as const)("is none of %i where %j is expected", (status, rule, error, failureClass) => {
    expect(judged(response({ status }), { status: rule })).toMatchObject({ statusCode: status, error, failureClass });
  });

  test("leaves the other rules to be kept as well", () => {
    const rules: AnswerRules = { status: [404], json: [{ path: "$.state", matcher: { equals: "gone" } }] };
    expect(judged(response({ status: 404, body: '{"state":"gone"}' }), rules).kind).toBe("ok");
    expect(judged(response({ status: 404, body: '{"state":"there"}' }), rules).kind).toBe("failed");
  });

  test("that is not said is 2xx, whatever else the rules say", () => {
    expect(judged(response({ status: 500 }), { maxMs: 1_000 })).toMatchObject({
      error: "HTTP 500",
      failureClass: "5xx",
    });
  });
});

describe("an answer with a good status that breaks a rule", () => {
  test("keeps its status, says the rule and is of the class expect", () => {
    const verdict = judged(response({ body: '{"ok":false}' }), { json: [{ path: "$.ok", matcher: { equals: true } }] });
    expect(verdict).toMatchObject({ kind: "failed", statusCode: 200, failureClass: "expect" });
    expect(verdict).toHaveProperty("error", expect.stringMatching(/^HTTP 200, but \$\.ok .*false.*true/));
  });

  test("says nothing of what it holds where its step is sensitive", () => {
    const body = '{"token":"v3ry-pr1vate"}';
    const headers = { "x-token": "v3ry-pr1vate" };
    const rules: readonly AnswerRules[] = [
      { json: [{ path: "$.token", matcher: { equals: "x" } }] },
      { headers: { "x-token": { equals: "x" } } },
      { schema: { properties: { token: { const: "x" } } } },
      { bodyMatches: "^x$" },
    ];
    for (const rule of rules) {
      const verdict = judge(response({ body, headers }), rule, SCHEDULED_FOR, true);
      expect(verdict).toMatchObject({ kind: "failed", failureClass: "expect" });
      expect(JSON.stringify(verdict)).not.toContain("v3ry");
    }
  });
});

describe("Retry-After", () => {
  test.each([
    [429, { "retry-after": "7" }, 7_000],
    [503, { "Retry-After": new Date(SCHEDULED_FOR + 60_000).toUTCString() }, 60_000],
    [503, { "retry-after": new Date(SCHEDULED_FOR - 60_000).toUTCString() }, 0],
    [503, { "retry-after": "soon" }, undefined],
    [503, {}, undefined],
  ])("of an answer of %i with %j is a wait of %o ms", (status, headers, retryAfterMs) => {
    expect(judged(response({ status, headers }))).toMatchObject({ retryAfterMs });
  });

  test("counts also where a good status breaks another rule", () => {
    const busy = response({ body: "busy", headers: { "retry-after": "5" } });
    expect(judged(busy, { bodyMatches: "^done$" })).toMatchObject({ failureClass: "expect", retryAfterMs: 5_000 });
  });
});
