import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScope, renderText } from "../../src/chain/template.ts";
import { machine, runOf } from "./job-fixtures.ts";

const secrets = new Map([
  ["KEY", "value"],
  ["A", "{{A}} and {{KEY}}"],
  ["BASE_URL", "https://api.test/v1"],
  ["with.dot", "dotted"],
]);
const scope = createScope(runOf([], { jobName: "fetch & store/é" }), machine, secrets);
const text = (template: string, place: "text" | "url" = "text"): string => {
  const rendered = renderText(template, scope, place);
  return rendered.ok ? rendered.value : `error: ${rendered.error}`;
};

describe("a template", () => {
  test.each([
    ["{{KEY}}", "value"],
    ["a {{ KEY }} b {{KEY}}", "a value b value"],
    ["{{run.id}}", "job1|2026-11-21T05:30Z|fleet"],
    ["{{run.scheduled_for}}", "2026-11-21T05:30:00Z"],
    ["{{run.local}}", "2026-11-21T14:30:00+09:00"],
    ["{{job.name}}", "fetch & store/é"],
    ["{{machine.hostname}} {{machine.id}}", "db-1 machine1"],
    ["{{with.dot}}", "dotted"],
    ["\\{{KEY}}", "{{KEY}}"],
    ["{ {KEY} } {{ {", "{ {KEY} } {{ {"],
  ])("%s becomes %s", (template, expected) => expect(text(template)).toBe(expected));

  test("row 20: is filled in once: a value that looks like a template stays as it is", () => {
    expect(text("{{A}}")).toBe("{{A}} and {{KEY}}");
  });

  test("that nothing defines is named, and what to do", () => {
    expect(text("{{UNKNOWN}}")).toContain('{{UNKNOWN}} is not among the secrets of this machine: add it to "secrets"');
    expect(text("{{run.nope}}")).toContain("{{run.nope}} is nothing that a template can name");
    expect(text("{{}}")).toContain("error: {{}}");
    expect(text("{{constructor}} {{__proto__}}")).toContain("error:");
  });

  test("in a URL takes secrets as they stand and encodes everything else", () => {
    expect(text("{{BASE_URL}}/jobs/{{job.name}}", "url")).toBe("https://api.test/v1/jobs/fetch%20%26%20store%2F%C3%A9");
  });

  test("leaves any text without braces alone", () => {
    const plain = fc.string().filter((any) => !any.includes("{{"));
    fc.assert(
      fc.property(plain, (any) => {
        expect(text(any)).toBe(any);
      }),
    );
  });
});
