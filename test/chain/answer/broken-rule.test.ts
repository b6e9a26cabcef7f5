import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/chain/answer/answer.ts";
import type { HttpResponse } from "../../../src/chain/answer/answer.ts";
import { brokenRule } from "../../../src/chain/answer/broken-rule.ts";
import type { AnswerRules } from "../../../src/model/matcher.ts";
import { response } from "./responses.ts";

const broken = (answer: Partial<HttpResponse>, rules: AnswerRules) => brokenRule(answerOf(response(answer)), rules);
const json = (value: unknown, overrides: Partial<HttpResponse> = {}) => ({ body: JSON.stringify(value), ...overrides });

test("an answer keeps rules that say nothing, whatever it is", () => {
  expect(broken({ status: 500, body: "<html>", truncated: true }, {})).toBeUndefined();
});

test("a status is a rule only where one is said", () => {
  expect(broken({ status: 404 }, { status: ["2xx"] })).toBe("HTTP 404, expected 2xx");
  expect(broken({ status: 404 }, { minBytes: 0 })).toBeUndefined();
});

test("the first broken rule is told, the status before all others", () => {
  const rules: AnswerRules = { status: [200], bodyMatches: "nowhere", maxMs: 1 };
  expect(broken({ status: 500 }, rules)).toMatch(/^HTTP 500/);
  expect(broken({ status: 200 }, rules)).toContain("nowhere");
  expect(broken({ status: 200, body: "nowhere" }, rules)).toContain("1 ms");
});

describe("a rule about a header", () => {
  test("holds whatever case its name is written in, there and here", () => {
    const headers = { "Content-Type": "application/json", "x-many": ["a", "b"] };
    expect(broken({ headers }, { headers: { "content-type": { equals: "application/json" } } })).toBeUndefined();
    expect(broken({ headers }, { headers: { "X-Many": { equals: "a, b" } } })).toBeUndefined();
    expect(broken({ headers }, { headers: { "x-none": { exists: false } } })).toBeUndefined();
  });

  test("is broken by another value, and by none", () => {
    const rules: AnswerRules = { headers: { "content-type": { matches: "json" } } };
    expect(broken({ headers: { "content-type": "text/html" } }, rules)).toMatch(/content-type.*text\/html.*json/);
    expect(broken({}, rules)).toMatch(/content-type/);
  });
});

describe("a rule about a place in the JSON", () => {
  test("is judged for every find", () => {
    const rules: AnswerRules = { json: [{ path: "$.items[*].status", matcher: { equals: 0 } }] };
    expect(broken(json({ items: [{ status: 0 }, { status: 0 }] }), rules)).toBeUndefined();
    expect(broken(json({ items: [{ status: 0 }, { status: 7 }] }), rules)).toMatch(/\$\.items\[\*\]\.status.*7.*0/);
  });

  test("is broken where nothing is found, unless nothing is expected", () => {
    const state = (matcher: object): AnswerRules => ({ json: [{ path: "$.state", matcher }] });
    expect(broken(json({}), state({ equals: "ok" }))).toContain("$.state");
    expect(broken(json({}), state({ exists: true }))).toContain("$.state");
    expect(broken(json({}), state({ exists: false }))).toBeUndefined();
    expect(broken(json({ state: null }), state({ exists: true }))).toBeUndefined();
  });

  test("finds nothing in an empty body, as a 204 or a server that says JSON sends it, and says so", () => {
    const empty = { status: 204, headers: { "content-type": "application/json" }, body: " \r\n" };
    const rules: AnswerRules = { json: [{ path: "$.job_state", matcher: { in: ["complete", "cancelled"] } }] };
    expect(broken(empty, rules)).toMatch(/\$\.job_state.*\(the body is empty\)$/);
    expect(broken(empty, { json: [{ path: "$.job_state", matcher: { exists: false } }] })).toBeUndefined();
  });

  test("reads JSON that is called text/html, and says of HTML that is called JSON that it is none", () => {
    const rules: AnswerRules = { json: [{ path: "$.ok", matcher: { equals: true } }] };
    expect(broken(json({ ok: true }, { headers: { "content-type": "text/html" } }), rules)).toBeUndefined();
    const html = { body: "<html>ok</html>", headers: { "content-type": "application/json" } };
    expect(broken(html, rules)).toMatch(/^\$\.ok can.t be looked up: the body is not JSON: something else stands/);
    expect(broken(html, { json: [{ path: "$.ok", matcher: { exists: false } }] })).toContain("not JSON");
    expect(broken({ body: '{"ok":' }, rules)).toContain("the body is JSON that breaks off before its end");
  });

  test("compares numbers that a double does not hold exactly", () => {
    const rules: AnswerRules = { json: [{ path: "$.id", matcher: { equals: 9_007_199_254_740_993n } }] };
    expect(broken({ body: '{"id":9007199254740993}' }, rules)).toBeUndefined();
    expect(broken({ body: '{"id":9007199254740992}' }, rules)).toContain("9007199254740992");
  });

  test("needs the whole body", () => {
    const rules: AnswerRules = { json: [{ path: "$.ok", matcher: { exists: false } }] };
    expect(broken({ body: '{"ok":true', truncated: true }, rules)).toMatch(/first 10 bytes.*"max_body_bytes"/);
  });

  test("tells a large value cut short", () => {
    const told = broken(json({ text: "x".repeat(100_000) }), { json: [{ path: "$.text", matcher: { equals: "y" } }] });
    expect(told?.length).toBeLessThan(500);
  });
});

describe("a rule about the text", () => {
  test("holds where its pattern is found anywhere", () => {
    expect(broken({ body: "all is well" }, { bodyMatches: "\\bis\\b" })).toBeUndefined();
    expect(broken({ body: "all is well" }, { bodyMatches: "^is" })).toBe("the body does not match ^is");
  });

  test("says of a body of which only the beginning was read that the rest is not known", () => {
    expect(broken({ body: "all is", truncated: true }, { bodyMatches: "is" })).toBeUndefined();
    expect(broken({ body: "all is", truncated: true }, { bodyMatches: "well" })).toMatch(
      /first 6 bytes.*max_body_bytes/,
    );
  });
});

describe("a rule about the schema", () => {
  const rules: AnswerRules = { schema: { type: "object", required: ["id"], properties: { id: { type: "integer" } } } };

  test("holds for JSON that follows it", () => {
    expect(broken(json({ id: 7 }), rules)).toBeUndefined();
    expect(broken(json({ id: "7" }), rules)).toMatch(/does not follow the schema.*id/);
    expect(broken(json({}), rules)).toMatch(/does not follow the schema.*id/);
  });

  test("is broken by a body that is empty, no JSON or cut", () => {
    expect(broken({ body: "" }, rules)).toMatch(/empty.*schema/);
    expect(broken({ body: "<html>" }, rules)).toMatch(/schema.*not JSON/);
    expect(broken({ body: '{"id":', truncated: true }, rules)).toMatch(/schema.*max_body_bytes/);
  });
});

describe("a rule about the size", () => {
  test("counts the bytes of the decoded body", () => {
    expect(broken({ body: "가나" }, { maxBytes: 6, minBytes: 6 })).toBeUndefined();
    expect(broken({ body: "가나" }, { maxBytes: 5 })).toBe("the body has 6 bytes, expected at most 5");
    expect(broken({ body: "가나" }, { minBytes: 7 })).toBe("the body has 6 bytes, expected at least 7");
  });

  test("knows of a cut body that it has more, and not how much", () => {
    const cut = { body: "x".repeat(10), truncated: true };
    expect(broken(cut, { maxBytes: 9 })).toBe("the body has more than 10 bytes, expected at most 9");
    expect(broken(cut, { maxBytes: 20 })).toMatch(/first 10 bytes.*max_body_bytes/);
    expect(broken(cut, { minBytes: 10 })).toBeUndefined();
    expect(broken(cut, { minBytes: 20 })).toMatch(/first 10 bytes.*max_body_bytes/);
  });
});

test("a rule about the time is broken by an answer that took longer", () => {
  expect(broken({ elapsedMs: 500 }, { maxMs: 500 })).toBeUndefined();
  expect(broken({ elapsedMs: 500.2 }, { maxMs: 500 })).toBe("the answer took 501 ms, expected at most 500 ms");
});

test("the JSON of an answer is read once, however many rules and captures ask", () => {
  const one = response(json({ a: [1] }));
  const [first, second] = [answerOf(one).json(), answerOf(one).json()];
  expect(first).toBe(second);
});
