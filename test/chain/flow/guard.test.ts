import { describe, expect, test } from "vitest";
import type { Scope } from "../../../src/expression/scope.ts";
import { firstIntent } from "../../../src/chain/flow/first-intent.ts";
import { guardHolds } from "../../../src/chain/flow/guard.ts";
import type { Guard } from "../../../src/model/action.ts";
import { httpAction, jobOf, runOf } from "../job-fixtures.ts";
import { sleep } from "./actions.ts";

const at = { hour: 9, minute: 30 };
const scope: Scope = {
  secret: (name) => (name === "KEY" ? "s3cr3t" : undefined),
  value: (name) =>
    name.text === "steps.list.status"
      ? { found: true, value: 404 }
      : { found: false, why: `{{${name.text}}} is not there` },
};
const guard = (overrides: Partial<Guard>): Guard => ({ hourIn: undefined, minuteIn: undefined, ...overrides });
const holds = (overrides: Partial<Guard>) => guardHolds(guard(overrides), at, scope);

describe("a guard", () => {
  test.each<[Partial<Guard>, boolean]>([
    [{}, true],
    [{ hourIn: [9], minuteIn: [0, 30] }, true],
    [{ hourIn: [9], minuteIn: [0] }, false],
    [{ hourIn: [] }, false],
    [{ if: [{ value: "{{steps.list.status}}", matcher: { equals: 404 } }] }, true],
    [{ if: [{ value: "{{steps.list.status}}", matcher: { lt: 300 } }] }, false],
    [{ hourIn: [3], if: [{ value: 1, matcher: { equals: 1 } }] }, false],
    [
      {
        if: [
          { value: 1, matcher: { equals: 1 } },
          { value: 1, matcher: { equals: 2 } },
        ],
      },
      false,
    ],
  ])("%j holds: %s", (overrides, expected) => expect(holds(overrides)).toEqual({ ok: true, value: expected }));

  test("can ask whether a value is there at all", () => {
    const value = "{{vars.token}}";
    expect(holds({ if: [{ value, matcher: { exists: false } }] })).toEqual({ ok: true, value: true });
    expect(holds({ if: [{ value, matcher: { exists: true } }] })).toEqual({ ok: true, value: false });
    expect(holds({ if: [{ value, matcher: { equals: "" } }] })).toEqual({ ok: true, value: false });
  });

  test("that compares with a value that is not there is an error", () => {
    expect(holds({ if: [{ value: 1, matcher: { equals: "{{vars.token}}" } }] })).toEqual({
      ok: false,
      error: expect.stringContaining("{{vars.token}}"),
    });
  });
});

describe("a claim", () => {
  const skipped = httpAction({ name: "never", when: guard({ hourIn: [3] }) });
  const claimed = (...actions: Parameters<typeof jobOf>[0]) =>
    firstIntent(jobOf(actions), runOf([])).map((step) => [step.index, step.name, step.status, step.attempts]);

  test("carries the skipped steps at its beginning and the intent of the first that applies", () => {
    expect(claimed(skipped, httpAction({ name: "a" }), httpAction({ name: "b" }))).toEqual([
      [0, "never", "skipped_when", 0],
      [1, "a", "sending", 1],
    ]);
  });

  test("says nothing about a first action that is no request, or that depends on values", () => {
    const conditional = httpAction({
      name: "a",
      when: guard({ if: [{ value: "{{vars.x}}", matcher: { exists: true } }] }),
    });
    expect(claimed(skipped, sleep({ for: 1_000 }))).toEqual([[0, "never", "skipped_when", 0]]);
    expect(claimed(conditional)).toEqual([]);
  });
});
