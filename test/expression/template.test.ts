import { describe, expect, test } from "vitest";
import { isSecretName, onlyTemplate, parseText, templatesIn, withoutTemplates } from "../../src/expression/template.ts";

function problemOf(text: string): string | undefined {
  const parsed = parseText(text);
  return parsed.ok ? undefined : parsed.error;
}

const secret = (name: string) => ({ kind: "secret", name });
const value = (root: string, ...segments: (string | number)[]) => ({ kind: "value", name: { root, segments } });

describe("a template names", () => {
  test.each([
    ["{{KEY}}", secret("KEY")],
    ["{{ KEY }}", secret("KEY")],
    ["{{_key9}}", secret("_key9")],
    ["{{vars.a}}", value("vars", "a")],
    ["{{ vars.a.b[0].c }}", value("vars", "a", "b", 0, "c")],
    ['{{vars["a b"]["]."]}}', value("vars", "a b", "].")],
    ['{{vars["quo\\"te\\u007b"]}}', value("vars", 'quo"te{')],
    ["{{vars.한국어}}", value("vars", "한국어")],
    ["{{vars.__proto__}}", value("vars", "__proto__")],
    ["{{steps.login.status}}", value("steps", "login", "status")],
    ['{{steps["log in"].json.items[12].id}}', value("steps", "log in", "json", "items", 12, "id")],
    ["{{steps.login.json}}", value("steps", "login", "json")],
    ["{{steps.login.json[0]}}", value("steps", "login", "json", 0)],
    ["{{steps.login.headers.content-type}}", value("steps", "login", "headers", "content-type")],
    ["{{steps.machines.failed}}", value("steps", "machines", "failed")],
    ["{{run.scheduled_for}}", value("run", "scheduled_for")],
    ["{{machine.id}}", value("machine", "id")],
  ])("%s: one thing", (text, name) => {
    expect(onlyTemplate(text)).toMatchObject(name);
    expect(templatesIn(text)).toMatchObject([name]);
    expect(problemOf(text)).toBeUndefined();
  });

  test.each(["\\{{KEY}}", "{ {KEY} } {{ {", "{{KEY}", "{{{}", "no braces", ""])(
    "nothing where its braces are escaped or never close: %o",
    (text) => {
      expect(problemOf(text)).toBeUndefined();
      expect(templatesIn(text)).toEqual([]);
      expect(onlyTemplate(text)).toBeUndefined();
    },
  );
});

describe("a wrong template is explained:", () => {
  test.each([
    ["{{}}", "names nothing; write \\{{ where two braces are meant"],
    ["{{not a name}}", "can't be read as a name"],
    ["{{9}}", "names nothing"],
    ["{{vars}} {{vars.}}", "{{vars.}} can't be read as a name"],
    ["{{vars.a[-1]}}", "write vars.name, vars.list[0] or"],
    ["{{vars.a[x]}}", "can't be read as a name"],
    ["{{vars.items.0}}", "can't be read as a name: write vars.name, vars.list[0]"],
    ['{{vars["a]}}', "can't be read as a name"],
    ['{{vars["\\x"]}}', "can't be read as a name"],
    ["{{vars[0]}}", "says no name: write vars.name"],
    ["{{var.token}}", "did you mean vars.token?"],
    ["{{step.login.status}}", "did you mean steps.login.status?"],
    ["{{env.HOME}}", "begin with vars, steps, run, job, machine, or use a secret {{KEY}}"],
    ["{{constructor.name}}", "is nothing that a template can name"],
    ["{{__proto__.a}}", "is nothing that a template can name"],
    ["{{run.nope}}", "use run.id, run.scheduled_for, run.local"],
    ["{{run.schedule_for}}", "did you mean run.scheduled_for?"],
    ["{{job.name.first}}", "use job.name"],
    ["{{machine.host}}", "use machine.hostname, machine.id"],
    ["{{steps[1].status}}", "write steps.name.status"],
    ["{{steps.login}}", "add one of status, result, error"],
    ["{{steps.login.statsu}}", "did you mean status?"],
    ["{{steps.login.body.a}}", "use one of status, result"],
    ["{{steps.login.status.code}}", 'inside of "status", which has no parts'],
    ["{{steps.login.headers}}", "says no header"],
  ])("%s", (text, words) => {
    expect(problemOf(`fine {{KEY}} ${text}`)).toContain(words);
    expect(onlyTemplate(text)).toBeUndefined();
  });

  test("a long one in a short message", () => {
    expect(problemOf(`{{${"x.".repeat(100_000)}}}`)?.length).toBeLessThan(400);
  });
});

test("a text is taken apart into literals and names, whose order and spaces stay", () => {
  expect(parseText("a \\{{b}} {{KEY}}{{vars.x}} c")).toMatchObject({
    ok: true,
    parts: [{ kind: "literal", text: "a {{b}} " }, secret("KEY"), value("vars", "x"), { kind: "literal", text: " c" }],
  });
});

test("the names in a value are found in all its texts, not in the names of its fields", () => {
  const found = templatesIn({ "{{FIELD}}": ["{{A}}", 1, null, { deep: "x {{vars.b}} {{C}}" }], wrong: "{{nope.x}}" });
  expect(found).toMatchObject([secret("A"), value("vars", "b"), secret("C")]);
});

test("what is around templates can be looked at", () => {
  expect(withoutTemplates("https://{{HOST}}/{{vars.a}}?b=\\{{c}}", "x")).toBe("https://x/x?b={{c}}");
});

test("a secret has a name of letters, digits and underscores", () => {
  expect(["A", "_a1", "base_url"].every(isSecretName)).toBe(true);
  expect(["", "1a", "a.b", "a-b", "a b", "é", "a\n"].some(isSecretName)).toBe(false);
});
