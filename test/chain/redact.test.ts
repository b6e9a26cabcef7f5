import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";
import { createRedactor } from "../../src/chain/redact/redact.ts";

const redactorOf = (secrets: Record<string, string>) => createRedactor(new Map(Object.entries(secrets)));

/** Only what can't be mistaken for a part of the marker, and no letters that percent or entity names are made of. */
const secretValue = fc
  .string({ unit: fc.constantFrom(...Array.from("GHJKMQVWXZ#$&%+/= \"'\\<>\n\té가😀")), minLength: 4, maxLength: 24 })
  .filter((value) => /[GHJKMQVWXZ]/.test(value) && value.trim().length >= 4);

const percentAll = (text: string, lower: boolean): string =>
  [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0")[lower ? "toLowerCase" : "toUpperCase"]()}`)
    .join("");

/** Each spelling with the pieces of it that must not be readable afterwards. */
const spellings: Record<string, (secret: string, before: string, after: string) => string> = {
  plain: (secret, before, after) => before + secret + after,
  "URL component": (secret, before, after) => before + encodeURIComponent(secret) + after,
  "URL component, small hex": (secret, before, after) =>
    before + encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase()) + after,
  form: (secret, before, after) => before + new URLSearchParams({ k: secret }).toString().slice(2) + after,
  "every byte": (secret, before, after) => before + percentAll(secret, false) + after,
  "every byte, small hex": (secret, before, after) => before + percentAll(secret, true) + after,
  JSON: (secret, before, after) => JSON.stringify(before + secret + after),
  "JSON in JSON": (secret, before, after) => JSON.stringify(JSON.stringify(before + secret + after)),
  "JSON in ASCII": (secret, before, after) =>
    JSON.stringify(before + secret + after).replace(
      /[^\u0020-\u007e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  HTML: (secret, before, after) =>
    before +
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;") +
    after,
  hex: (secret, before, after) => Buffer.from(before + secret + after).toString("hex"),
  "capital hex": (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString("hex")
      .toUpperCase(),
  base64: (secret, before, after) => Buffer.from(before + secret + after).toString("base64"),
  base64url: (secret, before, after) => Buffer.from(before + secret + after).toString("base64url"),
  "URL component twice": (secret, before, after) => before + encodeURIComponent(encodeURIComponent(secret)) + after,
  "base64 of a form": (secret, before, after) =>
    btoa(
      before.replaceAll(/[^a-z]/g, "") +
        new URLSearchParams({ k: secret }).toString() +
        after.replaceAll(/[^a-z]/g, ""),
    ),
  "base64 of JSON": (secret, before, after) =>
    Buffer.from(JSON.stringify({ k: before + secret + after })).toString("base64url"),
  "base64 of a URL component": (secret, before, after) =>
    Buffer.from(before + encodeURIComponent(secret) + after).toString("base64"),
  "base64 of a URL component twice": (secret, before, after) =>
    Buffer.from(before + encodeURIComponent(encodeURIComponent(secret)) + after).toString("base64"),
  "base64 in a URL": (secret, before, after) =>
    encodeURIComponent(Buffer.from(before + secret + after).toString("base64")),
};

/** All that a reader could get out of the base64 and hex that is left. */
function decodings(clean: string): readonly Buffer[] {
  const runs = decodeURIComponent(clean.replace(/%(?![0-9a-f]{2})|%[89a-f]./gi, "")).split(/\[secret KEY\]/);
  return runs.flatMap((run) => [
    ...[0, 1, 2, 3].map((shift) => Buffer.from(run.slice(shift), "base64")),
    ...[0, 1].map((shift) => Buffer.from(run.slice(shift), "hex")),
  ]);
}

describe("a secret", () => {
  for (const [name, spell] of Object.entries(spellings)) {
    test(`never survives as ${name}`, () => {
      fc.assert(
        fc.property(secretValue, fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), (secret, before, after) => {
          const text = spell(secret, before, after);
          const clean = redactorOf({ KEY: secret }).redact(text);
          expect(clean).toContain("[secret KEY]");
          expect(clean).not.toContain(spell(secret, "", ""));
          expect(decodings(clean).filter((decoded) => decoded.includes(Buffer.from(secret)))).toEqual([]);
        }),
      );
    });
  }

  test("is hidden inside a Basic header", () => {
    const header = `Basic ${Buffer.from("user:hunter22").toString("base64")}`;
    const clean = redactorOf({ PASSWORD: "hunter22" }).redact(header);
    expect(clean).toMatch(/^Basic dXNlcj[a-zA-Z]?\[secret PASSWORD\]=*$/);
  });

  test("of fewer than four characters stays", () => {
    expect(redactorOf({ PIN: "123" }).redact("123")).toBe("123");
  });

  test("that overlaps another goes together with it, under the name of the longer", () => {
    const redactor = redactorOf({ SHORT: "abcdef", LONG: "defghijkl", INNER: "ghij" });
    expect(redactor.redact("xx abcdefghijkl yy")).toBe("xx [secret LONG] yy");
  });

  test("that stands twice side by side is named twice", () => {
    expect(redactorOf({ K: "abcd" }).redact("abcdabcd")).toBe("[secret K][secret K]");
  });

  test("is found across the place where a sample would be cut", () => {
    const redactor = redactorOf({ K: "top-secret-value" });
    const start = redactor.redactStart(`${"x".repeat(1_995)}top-secret-value${"y".repeat(5_000)}`, 2_000);
    expect(start.slice(0, 2_000)).toBe(`${"x".repeat(1_995)}[secr`);
  });
});

test("redactStart begins like redact and goes at least as far as asked", () => {
  fc.assert(
    fc.property(
      fc.array(secretValue, { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof(fc.string({ maxLength: 10 }), secretValue, fc.nat(3)), { maxLength: 12 }),
      fc.nat(60),
      (secrets, parts, length) => {
        const redactor = createRedactor(new Map(secrets.map((value, at) => [`K${at}`, value])));
        const text = parts.map((part) => (typeof part === "number" ? (secrets[part] ?? "") : part)).join("");
        const whole = redactor.redact(text);
        const start = redactor.redactStart(text, length);
        expect(whole.startsWith(start)).toBe(true);
        expect(start.length).toBeGreaterThanOrEqual(Math.min(length, whole.length));
      },
    ),
  );
});

test("a text without secrets stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(!/q{4}|cXFx|71717171/i.test(text));
      expect(redactorOf({ K: "qqqqQQQQqqqq" }).redact(text)).toBe(text);
    }),
  );
});

test("reading a text for a hundred secrets takes as much longer as it is longer", () => {
  const secrets = new Map(
    Array.from({ length: 100 }, (_, at) => [`K${at}`, `secret-value-${at}-${(at * 7919) % 1000}`]),
  );
  const redactor = createRedactor(secrets);
  const text = Buffer.from(Array.from({ length: 750_000 }, (_, at) => (at * 2654435761) & 0xff)).toString("base64");
  const growth = growthForSixteenfold(50_000, (size) => {
    const part = text.slice(0, size);
    return () => redactor.redact(part);
  });
  expect(growth).toBeLessThan(GROWTH_MAX);
});

test("a secret in a host or a scheme stays hidden though the URL parser writes it in another way", () => {
  const secrets = { UPPER: "HostSecretUPPER", ACCENT: "GeheimnisÉé" };
  const redactor = redactorOf(secrets);
  for (const [name, value] of Object.entries(secrets)) {
    expect(redactor.redact(new URL(`http://${value}.invalid/`).hostname)).toBe(`[secret ${name}].invalid`);
  }
  expect(redactor.redact(new URL("HostSecretUPPER://x/").protocol)).toBe("[secret UPPER]:");
});

test("what stands before a slash in a secret is not hidden alone", () => {
  expect(redactorOf({ K: "example/PASSWORD" }).redact("no such host: example")).toBe("no such host: example");
});

test("a long row of backslashes in a secret and in an answer is read to its end", () => {
  const secret = `${"\\".repeat(40)}GJ`;
  const redactor = redactorOf({ K: secret });
  const row = "\\".repeat(2_000);
  expect(redactor.redact(row)).toBe(row);
  expect(redactor.redact(`${row}GJ`)).not.toContain("GJ");
});

describe("secrets that become known as time goes by", () => {
  const letters = fc.constantFrom("a", "b", "A", "%", "+", "&", "\\", "0", "6", "1", " ", "=", "/", "é");
  const words = fc.array(letters, { maxLength: 9 }).map((it) => it.join(""));
  const spelled = (text: string): fc.Arbitrary<string> =>
    fc.constantFrom(
      text,
      encodeURIComponent(text),
      JSON.stringify(text),
      Buffer.from(text).toString("hex"),
      Buffer.from(`x${text}y`).toString("base64"),
    );

  test("are hidden like those that were known from the start, whatever they have in common", () => {
    const cases = fc.array(words, { minLength: 1, maxLength: 6 }).chain((secrets) => {
      const piece = fc.oneof(words, fc.constantFrom(...secrets).chain(spelled));
      return fc.tuple(fc.constant(secrets), fc.array(piece, { maxLength: 8 }));
    });
    fc.assert(
      fc.property(cases, ([secrets, pieces]) => {
        const text = pieces.join("");
        const growing = createRedactor(new Map());
        for (const secret of secrets.toReversed()) growing.add("K", secret);
        const known = createRedactor(new Map(secrets.map((secret, i) => [`K${i}`, secret])));
        expect(growing.redact(text)).toBe(known.redact(text).replace(/\[secret K\d\]/g, "[secret K]"));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are hidden however long they are, and from the next text on", () => {
    const long = Array.from({ length: 2_000 }, (_, i) => `${i}:é `).join("");
    const redactor = createRedactor(new Map([["K", `${long.slice(0, 100)}!`]]));
    expect(redactor.redact(long)).toBe(long);
    redactor.add("LONG", long);
    const hex = Buffer.from(long).toString("hex");
    for (const spelling of [long, encodeURIComponent(long), hex, percentAll(hex, false)]) {
      expect(redactor.redact(`<${spelling}>`)).toMatch(/^<\[secret LONG\](%20|20|%32%30)?>$/);
    }
    expect(redactor.redact(`${long.slice(0, 100)}!`)).toBe("[secret K]");
  });
});
