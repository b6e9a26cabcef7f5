import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import { stepName } from "../../../src/chain/record/step-name.ts";
import { createStepTexts } from "../../../src/chain/record/step-text.ts";
import { callJob, forEach, sleep } from "../flow/actions.ts";
import { httpAction } from "../job-fixtures.ts";

const nothingTold = { samples: 0, errors: 0 };

function textsHiding(secret: string, told: typeof nothingTold) {
  const redactor = createRedactor(new Map([["K", secret]]));
  return createStepTexts(
    () => redactor,
    () => told,
  );
}

describe("the name of a step", () => {
  test.each([
    [{ name: "login" }, "login"],
    [{ method: "POST" as const, url: "https://api.test/v1/login?token={{T}}#x" }, "POST api.test/v1/login"],
    [{ url: "{{BASE_URL}}/items/" }, "GET {{BASE_URL}}/items"],
    [{ url: "http://user:pw@api.test/" }, "GET api.test"],
    [{ url: "?" }, "step 1"],
  ])("of %o is %s", (overrides, expected) => expect(stepName(httpAction(overrides), 0)).toBe(expected));

  test.each([
    [forEach([], [], { name: undefined, as: "host" }), "for each host"],
    [sleep({ name: undefined, for: 90_000 }), "sleep 90 s"],
    [sleep({ name: undefined, until: "14:30" }), "sleep until 14:30"],
    [{ ...callJob("clean up"), name: undefined }, "job clean up"],
  ])("of %o is %s", (action, expected) => expect(stepName(action, 0)).toBe(expected));
});

describe("a response sample", () => {
  const texts = (told = nothingTold) => textsHiding("s3cr3t", told);

  test("is redacted before it is cut", () => {
    expect(texts().sample(`${"x".repeat(1_998)}s3cr3t`, false)).toBe(`${"x".repeat(1_998)}[s`);
  });

  test("shows no beginning of a secret at which its body was cut off, however it is written", () => {
    const secret = "GHJKMQVWXZ-secret-value";
    const spellings = [
      secret,
      Buffer.from(secret).toString("hex"),
      Buffer.from(secret).toString("base64"),
      Array.from(secret, (it) => `%${it.charCodeAt(0).toString(16)}`).join(""),
      Array.from(secret, (it) => `&#${it.charCodeAt(0)};`).join(""),
    ];
    const { sample } = textsHiding(secret, nothingTold);
    for (const spelling of spellings) {
      for (let cutAt = 1; cutAt <= spelling.length; cutAt++) {
        const kept = sample(`${"-".repeat(1_500)}${spelling.slice(0, cutAt)}`, true);
        expect(kept).toMatch(/^-{500,}$/);
      }
      // Where the end is left out, a whole secret is not cut in turn.
      for (let after = 0; after < 900; after++) {
        const kept = sample(`${"-".repeat(1_000)}${spelling}${"-".repeat(after)}`, true);
        expect(kept).toMatch(/^-*(\[secret K\]=?-*)?$/);
      }
    }
  });

  test("of a body that was cut far behind it is as long as any", () => {
    expect(texts().sample("x".repeat(4_096), true)).toBe("x".repeat(2_000));
  });

  test("cuts no character in two", () => {
    expect(texts().sample(`${"x".repeat(1_999)}😀`, false)).toBe("x".repeat(1_999));
  });

  test("is valid Unicode and keeps control characters except NUL", () => {
    expect(texts().sample("a\ud800b\u0000\u001b[31m\n", false)).toBe("a\u{fffd}b\u{fffd}\u001b[31m\n");
  });

  test("of all steps together, and their errors, stay far below a megabyte, however many there are", () => {
    const told = { samples: 0, errors: 0 };
    const { sample, error } = texts(told);
    for (let step = 0; step < 10_000; step++) {
      told.samples += Buffer.byteLength(sample("가".repeat(3_000), false));
      told.errors += Buffer.byteLength(error("x".repeat(3_000)));
    }
    expect(told.samples).toBeLessThanOrEqual(120_000);
    expect(told.errors).toBeLessThanOrEqual(120_000);
  });

  test("is whole for the first steps of a run", () => {
    const told = { samples: 0, errors: 0 };
    const { sample } = texts(told);
    for (let step = 0; step < 15; step++) {
      const kept = sample("x".repeat(3_000), false);
      told.samples += kept.length;
      expect(kept).toHaveLength(2_000);
    }
  });
});
