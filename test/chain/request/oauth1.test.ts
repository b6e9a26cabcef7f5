import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import otherSigner from "oauth-signature";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildRequest } from "../../../src/chain/request/build-request.ts";
import type { HttpAction } from "../../../src/model/action.ts";
import type { OAuth1Auth } from "../../../src/model/auth.ts";
import { httpAction } from "../job-fixtures.ts";
import { authorized, authPorts, NOW, problemOf, request, signed } from "./auth-fixture.ts";
import type { Asked } from "./auth-fixture.ts";
import { scopeOf } from "../../support/scope-of.ts";
import { clientOf } from "../../adapters/undici/client-fixture.ts";

const auth: OAuth1Auth = {
  type: "oauth1",
  signature: "HMAC-SHA1",
  consumerKey: "consumer",
  consumerSecret: "consumer & secret",
  token: "token",
  tokenSecret: "{{SECRET}}",
  key: undefined,
  realm: undefined,
};
const secrets = { SECRET: "s3cr3t/+ 가" };

/** What the header says (RFC 5849, 3.5.1). */
function headerOf(authorization: string | undefined): Readonly<Record<string, string>> {
  const [, list = ""] = /^OAuth (.*)$/.exec(authorization ?? "") ?? [];
  const pairs = [...list.matchAll(/([^\s=,]+)="([^"]*)"/g)];
  return Object.fromEntries(
    pairs.map(([, name = "", value = ""]) => [decodeURIComponent(name), decodeURIComponent(value)]),
  );
}

/** What arrived is signed as the other signer signs it. */
interface Verdict {
  readonly expected: string;
  readonly got: string | undefined;
}

let origin: string;
const verdicts: Verdict[] = [];
const server = createServer((arrived, response) => {
  void verify(arrived).then((verdict) => {
    verdicts.push(verdict);
    response.end();
  });
});

async function verify(arrived: IncomingMessage): Promise<Verdict> {
  const url = new URL(arrived.url ?? "", origin);
  const body = await text(arrived);
  const isForm = arrived.headers["content-type"] === "application/x-www-form-urlencoded";
  const { oauth_signature: got, realm: _, ...facts } = headerOf(arrived.headers.authorization);
  const parameters: Record<string, string[]> = {};
  const all = [...Object.entries(facts), ...url.searchParams, ...new URLSearchParams(isForm ? body : "")];
  for (const [name, value] of all) (parameters[name] ??= []).push(value);
  const expected = otherSigner.generate(
    arrived.method ?? "",
    `${origin}${url.pathname}`,
    parameters,
    "consumer & secret",
    secrets.SECRET,
    { encodeSignature: false },
  );
  return { expected, got };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const client = clientOf();

/** Sends an action to the verifier. */
async function send(overrides: Partial<HttpAction>, asked: Asked = {}): Promise<Verdict> {
  const scope = scopeOf(secrets);
  const built = buildRequest(httpAction({ url: `${origin}/a/b`, ...overrides }), scope, {
    timeoutMs: 5_000,
    maxBodyBytes: 1_000,
  });
  if (!built.ok) throw new Error(built.error);
  const ready = await signed(auth, { secrets, request: built.value, ...asked });
  verdicts.length = 0;
  expect(await client.exchange(ready, new AbortController().signal)).toMatchObject({ status: 200 });
  return verdicts[0] ?? { expected: "a request", got: "none" };
}

describe("HMAC-SHA1, as a verifier of others finds it on a real server", () => {
  test.each<[string, Partial<HttpAction>]>([
    ["a plain GET", {}],
    ["a query in the URL", { url: "http://ORIGIN/a%20b/c?x=1&y=%26&z=a+b&empty=&bare" }],
    ["params", { params: { tags: "rack 1", "a&b": "é~!*'()", list: ["b", "a", "b"] } }],
    ["a form", { method: "POST", form: { op: "deploy", note: "a=b&c", list: ["2", "1"], x: "1" }, params: { x: "0" } }],
    ["a body that is not signed", { method: "PUT", body: { op: "deploy" } }],
    ["a DELETE", { method: "DELETE" }],
  ])("%s", async (_what, overrides) => {
    const url = overrides.url?.replace("http://ORIGIN", origin);
    const { expected, got } = await send(url === undefined ? overrides : { ...overrides, url });
    expect(got).toBe(expected);
  });

  test("any parameters in query and form", async () => {
    const seed = Date.now();
    const word = fc.string({ unit: "binary", maxLength: 8 }).filter((it) => it !== "__proto__" && !(it in {}));
    const parameters = fc.dictionary(word, word, { maxKeys: 4, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(parameters, parameters, async (query, form) => {
        // The other signer sorts equal names by their values before it encodes them, which the RFC does after.
        const own = Object.fromEntries(Object.entries(form).filter(([name]) => !Object.hasOwn(query, name)));
        const method = "POST";
        const { expected, got } = await send({ method, params: literal(query), form: literal(own) });
        expect(got).toBe(expected);
      }),
      { seed, numRuns: 100 },
    );
  });
});

/** Braces of a generated text are no templates. */
function literal(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, value.replaceAll("{{", "{ {")]));
}

describe("every attempt", () => {
  test("has a nonce and a time of its own", async () => {
    let now = NOW;
    const ports = authPorts({ now: () => now });
    const first = headerOf((await signed(auth, { secrets, ports })).headers["authorization"]);
    now = (NOW + 61_500) as typeof NOW;
    const second = headerOf((await signed(auth, { secrets, ports })).headers["authorization"]);
    expect(first["oauth_timestamp"]).toBe(String(NOW / 1000));
    expect(second["oauth_timestamp"]).toBe(String(NOW / 1000 + 61));
    expect(first["oauth_nonce"]).toMatch(/^[0-9a-f]{32}$/);
    expect(second["oauth_nonce"]).not.toBe(first["oauth_nonce"]);
    expect(second["oauth_signature"]).not.toBe(first["oauth_signature"]);
  });
});

describe("PLAINTEXT", () => {
  const maas: OAuth1Auth = {
    ...auth,
    signature: "PLAINTEXT",
    consumerKey: "",
    consumerSecret: "",
    token: "",
    tokenSecret: "",
    key: "{{MAAS_KEY}}",
  };
  const header = async (key: string, realm?: string) =>
    (await signed({ ...maas, realm }, { secrets: { MAAS_KEY: key } })).headers["authorization"];

  test.each([
    ["consumer:token:secret"],
    ["consumer:token:secret\n"],
    ['{"consumer_key": "consumer", "token_key": "token", "token_secret": "secret"}'],
  ])("takes its three parts from %j", async (key) => {
    expect(headerOf(await header(key))).toEqual({
      oauth_consumer_key: "consumer",
      oauth_token: "token",
      oauth_signature_method: "PLAINTEXT",
      oauth_signature: "&secret",
      oauth_timestamp: String(NOW / 1000),
      oauth_nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      oauth_version: "1.0",
    });
  });

  test("is written as RFC 5849 writes it, secrets encoded twice", async () => {
    const key = JSON.stringify({ consumer_key: "c", consumer_secret: "a&b", token_key: "t", token_secret: "é " });
    // 3.4.4: each secret encoded, joined by "&"; 3.5.1: the whole encoded once more for the header.
    expect(await header(key)).toContain('oauth_signature="a%2526b%26%25C3%25A9%2520"');
    expect(await header(key, "API")).toMatch(/^OAuth realm="API", oauth_consumer_key="c", /);
  });

  test("may do without a token", async () => {
    const fields = { ...maas, key: undefined, consumerKey: "c", consumerSecret: "s" };
    const said = headerOf((await signed(fields)).headers["authorization"]);
    expect(said).not.toHaveProperty("oauth_token");
    expect(said["oauth_signature"]).toBe("s&");
  });

  test.each([
    ["consumer:token", "has 2 parts between colons"],
    ["a:b:c:d", "has 4 parts between colons"],
    ["consumer::secret", "or an empty one"],
    ["{", "begins like JSON and is none"],
    ['{"consumer_key": "c", "token_key": "s3cret"}', "has no text token_secret"],
    ["null", "has 1 parts"],
  ])("refuses the key %j, without showing it", async (key, words) => {
    const problem = await problemOf(maas, { secrets: { MAAS_KEY: key } });
    expect(problem).toContain(words);
    expect(problem).not.toContain("s3cret");
  });

  test("names the parts of the key, which the redactor knows only as a whole", async () => {
    const made = await authorized(maas, { secrets: { MAAS_KEY: "consumer:token:secret" } });
    expect(made.ok && made.secrets).toEqual(["consumer", "token", "secret"]);
  });
});

test.each([
  [{ ...auth, realm: 'a"b' }, request(), "realm"],
  [{ ...auth, realm: "a\nb" }, request(), "realm of OAuth 1 holds a line break"],
  [auth, request({ url: "http://t.test/?oauth_nonce=1" }), "oauth_nonce belongs to the signature"],
  [auth, request({ url: "http://t.test/?__proto__=1" }), "__proto__ can't be signed"],
  [{ ...auth, consumerKey: "" }, request(), "the consumer key of OAuth 1 is empty"],
] as const)("what can't be signed is a problem in words: %#", async (wrong, plain, words) => {
  expect(await problemOf(wrong, { secrets, request: plain })).toContain(words);
});
