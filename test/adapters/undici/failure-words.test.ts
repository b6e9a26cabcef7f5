import { expect, test } from "vitest";
import { failureWords } from "../../../src/adapters/undici/failure-words.ts";
import { nextHop } from "../../../src/adapters/undici/redirect.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";

const redactor = createRedactor(new Map([["ACCENT", "GeheimnisÉé"]]));

test("a secret with accents stays hidden when it is a part of a label of an unknown host", () => {
  const notFound = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
  const words = failureWords(notFound, new URL("http://x-GeheimnisÉé-ü.invalid/"));
  expect(redactor.redact(words)).toBe("no such host: x-[secret ACCENT]-ü.invalid");
});

test("a refused redirect does not name the scheme, where a secret may stand in small letters", () => {
  const hop = { method: "GET", url: new URL("http://a.invalid/"), headers: {}, body: undefined } as const;
  const next = nextHop(hop, 302, "S3cr3tT0kenValue://x/");
  expect(next).toEqual({
    kind: "refused",
    reason: "redirected to an address of another kind: only http and https are followed",
  });
});
