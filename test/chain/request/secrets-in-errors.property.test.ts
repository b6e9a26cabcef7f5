import fc from "fast-check";
import { expect, test } from "vitest";
import { buildRequest } from "../../../src/chain/request/build-request.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import type { HttpAction, MultipartPart } from "../../../src/model/action.ts";
import type { Auth } from "../../../src/model/auth.ts";
import { httpAction } from "../job-fixtures.ts";
import { answered, authPorts, problemOf, request, scripted } from "./auth-fixture.ts";
import { scopeOf } from "../../support/scope-of.ts";

const LIMITS = { timeoutMs: 1_000, maxBodyBytes: 1_000 };
const part: MultipartPart = {
  name: "p",
  value: "v",
  base64: undefined,
  filename: undefined,
  contentType: undefined,
};

/** Every place of a request, where a secret that does not fit makes an error. */
const wrongActions: readonly Partial<HttpAction>[] = [
  { url: "{{KEY}}" },
  { url: "{{KEY}}://target.test/" },
  { url: "http://{{KEY}}/" },
  { url: "http://a:{{KEY}}@target.test/" },
  { url: "http://target.test:{{KEY}}/" },
  { url: "http://target.test/{{KEY}}\n" },
  { headers: { "X-Key": "{{KEY}}\n" } },
  { headers: { "X-Key": "가{{KEY}}" } },
  { params: { key: "{{KEY}}", gone: "{{GONE}}" } },
  { body: ["{{KEY}}", "{{GONE}}"] },
  { form: { key: "{{KEY}}", gone: "{{vars.gone}}" } },
  { bodyBase64: "{{KEY}}?" },
  { multipart: [{ ...part, name: "{{KEY}}\n" }] },
  { multipart: [{ ...part, contentType: "{{KEY}}" }] },
  { multipart: [{ ...part, value: undefined, base64: "{{KEY}}?" }] },
  { multipart: [part], headers: { "Content-Type": "{{KEY}}" } },
];

const oauth1 = { type: "oauth1", signature: "PLAINTEXT", token: "", tokenSecret: "", realm: undefined } as const;
const oauth2 = { type: "oauth2", clientId: "{{KEY}}", scope: undefined, audience: undefined } as const;
const wrongAuths: readonly Auth[] = [
  { type: "bearer", token: "{{KEY}}\n" },
  { type: "basic", username: "{{KEY}}:", password: "{{KEY}}" },
  { ...oauth1, consumerKey: "", consumerSecret: "{{KEY}}", key: undefined },
  { ...oauth1, consumerKey: "", consumerSecret: "", key: "{{KEY}}" },
  { ...oauth1, consumerKey: "", consumerSecret: "", key: '{"consumer_key": "{{KEY}}"}' },
  { ...oauth1, consumerKey: "", consumerSecret: "", key: "a:b:c", realm: '"{{KEY}}' },
  { ...oauth2, tokenUrl: "{{KEY}}", clientSecret: "{{KEY}}", clientAuth: "body" },
  { ...oauth2, tokenUrl: "https://auth.test/{{KEY}}", clientSecret: "{{KEY}}", clientAuth: "basic" },
];

/** As people have them, and with what URL, header and JSON take for something else. No line of it is common words. */
const anySecret = fc
  .string({
    unit: fc.constantFrom(...Array.from("abcXYZ0189-_.~!*'()+/=%&#?@:\\\"{}é가😀")),
    minLength: 6,
    maxLength: 20,
  })
  .filter((text) => !text.includes("{{") && !text.includes("..."));

/** The secret in any form that gives it away. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("base64"), bytes.toString("hex")];
}

test("no error of building or authorizing a request shows a secret after it is redacted", async () => {
  await fc.assert(
    fc.asyncProperty(anySecret, async (secret) => {
      const secrets = { KEY: secret };
      const redactor = createRedactor(new Map([["KEY", secret]]));
      const errors: string[] = [];
      for (const wrong of wrongActions) {
        const built = buildRequest(httpAction({ method: "POST", ...wrong }), scopeOf(secrets), LIMITS);
        if (!built.ok) errors.push(built.error);
      }
      const echo = scripted((asked) =>
        answered(400, { error: `no: ${JSON.stringify(asked)}`, error_description: `${asked.url} ${secret}` }),
      );
      for (const wrong of wrongAuths) {
        const ports = authPorts({ http: echo.http });
        errors.push(await problemOf(wrong, { secrets, ports, request: request() }));
      }
      expect(errors.length).toBeGreaterThan(15);
      for (const error of errors.map((it) => redactor.redact(it))) {
        for (const spelling of spellings(secret)) expect(error).not.toContain(spelling);
      }
    }),
    { seed: Date.now(), numRuns: 200 },
  );
});
