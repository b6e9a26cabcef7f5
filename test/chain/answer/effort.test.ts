import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/chain/answer/answer.ts";
import { brokenRule } from "../../../src/chain/answer/broken-rule.ts";
import { captureValues } from "../../../src/chain/answer/capture.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import type { Capture } from "../../../src/model/capture.ts";
import type { AnswerRules } from "../../../src/model/matcher.ts";
import { response } from "./responses.ts";

const TOGETHER = /all the paths and patterns for this answer together take too long/;
const body = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => ({ index, inner: { text: "a".repeat(40) } })));
const large = () => response({ body });
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);
const redactor = createRedactor(new Map());

describe("what is asked of one answer", () => {
  const capture = (count: number) => {
    const one: Capture = { from: { kind: "json", path: "$..nothing..*..*" }, default: 1, sensitive: false };
    return { capture: Object.fromEntries(times(count, one).map((it, index) => [`c${index}`, it])) };
  };

  test("may be many paths through all of it", () => {
    expect(captureValues(capture(40), large(), [], redactor, false)).toMatchObject({ ok: true });
  });

  test.each<[string, AnswerRules]>([
    ["paths", { json: times(1000, { path: "$..*..index", matcher: { exists: true } }) }],
    ["patterns", { json: times(1000, { path: "$[*].inner.text", matcher: { matches: "^(a|b)*$" } }) }],
    ["lists to be in", { json: times(1000, { path: "$[*].index", matcher: { notIn: times(1000, -1) } }) }],
  ])("has a limit for all its %s together", (_, rules) => {
    expect(brokenRule(answerOf(large()), rules)).toMatch(TOGETHER);
  });

  test("has one limit for its rules and its captures", () => {
    const answer = large();
    brokenRule(answerOf(answer), { json: times(1000, { path: "$..*..index", matcher: { exists: true } }) });
    const captured = captureValues(capture(1), answer, [], redactor, false);
    expect(captured).toEqual({ ok: false, error: expect.stringMatching(TOGETHER) });
  });
});
