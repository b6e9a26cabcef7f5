import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildRequest } from "../../../src/chain/request/build-request.ts";
import type { HttpAction, MultipartPart } from "../../../src/model/action.ts";
import type { JsonObject, JsonValue } from "../../../src/model/json.ts";
import { wellFormed } from "../../../src/model/unicode.ts";
import { httpAction } from "../job-fixtures.ts";
import { scopeOf } from "../../support/scope-of.ts";
import { clientOf } from "../../adapters/undici/client-fixture.ts";

interface Arrived {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let origin: string;
const arrivals: Arrived[] = [];
const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    arrivals.push({ url: request.url ?? "", headers: request.headers, body });
    response.end();
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const client = clientOf();

/** What arrives of an action whose templates name these vars, or why it was not sent. */
async function sent(overrides: Partial<HttpAction>, vars: JsonObject): Promise<Arrived | string> {
  const scope = scopeOf({ SECRET: "never to be seen" }, { vars });
  const action = httpAction({ method: "POST", url: `${origin}/`, ...overrides });
  const built = buildRequest(action, scope, { timeoutMs: 5_000, maxBodyBytes: 1_000 });
  if (!built.ok) return built.error;
  arrivals.length = 0;
  expect(await client.exchange(built.value, new AbortController().signal)).toMatchObject({ status: 200 });
  return arrivals[0] ?? "nothing arrived";
}

const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit));
const special = fc.constantFrom(
  "{{SECRET}}",
  "\\{{",
  "%2F",
  "%",
  "+",
  "&=#?",
  "/../",
  '"',
  "\r\n",
  "\0",
  "\ufeff",
  "가",
);
/** Any text, and above all what means something to somebody on the way. */
const anyText = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), special, half), { maxLength: 5 })
  .map((parts) => parts.join(""));

/** @returns what a sentence promises of every text; the seed of a failure is in its message */
function forAll(promise: (text: string) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(anyText, promise), { seed: Date.now(), numRuns: 150 });
}

describe("any text arrives as it was", () => {
  test("as a part of a path, unless it would lead elsewhere", () =>
    forAll(async (text) => {
      const arrived = await sent({ url: `${origin}/a/{{vars.text}}/b` }, { text });
      expect(typeof arrived === "string").toBe(/^\.{0,2}$/.test(text));
      if (typeof arrived === "string") return;
      const segments = arrived.url.split("/");
      expect(segments).toHaveLength(4);
      expect(decodeURIComponent(segments[2] ?? "")).toBe(wellFormed(text));
    }));

  test("as a param, and as a value in a query of the URL", () =>
    forAll(async (text) => {
      const arrived = await sent(
        { url: `${origin}/?first={{vars.text}}`, params: { "{{k": "{{vars.text}}" } },
        { text },
      );
      if (typeof arrived === "string") throw new Error(arrived);
      const query = new URL(arrived.url, origin).searchParams;
      expect([...query]).toEqual([
        ["first", wellFormed(text)],
        ["{{k", wellFormed(text)],
      ]);
    }));

  test("as a field of a form", () =>
    forAll(async (text) => {
      const form = Object.assign(Object.create(null) as Record<string, JsonValue>, { [text]: "{{vars.text}}", z: "1" });
      const arrived = await sent({ form }, { text });
      if (typeof arrived === "string") throw new Error(arrived);
      expect([...new URLSearchParams(arrived.body.toString())]).toContainEqual([wellFormed(text), wellFormed(text)]);
    }));

  test("in JSON, as a value and within another text", () =>
    forAll(async (text) => {
      const arrived = await sent({ body: { value: "{{vars.text}}", within: ["<{{vars.text}}>"] } }, { text });
      if (typeof arrived === "string") throw new Error(arrived);
      expect(JSON.parse(arrived.body.toString())).toEqual({ value: text, within: [`<${text}>`] });
    }));

  test("as a raw body", () =>
    forAll(async (text) => {
      const arrived = await sent({ body: "a {{vars.text}}" }, { text });
      if (typeof arrived === "string") throw new Error(arrived);
      expect(arrived.body.toString()).toBe(`a ${wellFormed(text)}`);
    }));

  test("as a part of multipart; as its name unless it would break the framing", () =>
    forAll(async (text) => {
      // Whoever reads names can't tell a quotation mark from the `%22` that stands for it, and takes byte order marks away.
      const name = text.replace(/[%\ufeff]/g, "");
      const part: MultipartPart = {
        name: "{{vars.name}}",
        value: "{{vars.text}}",
        base64: undefined,
        filename: "{{vars.name}}",
        contentType: undefined,
      };
      const arrived = await sent({ multipart: [part] }, { text, name });
      expect(typeof arrived === "string").toBe(/\p{Cc}/u.test(name));
      if (typeof arrived === "string") return;
      const headers = { "content-type": String(arrived.headers["content-type"]) };
      const [[key, file] = []] = [...(await new Response(arrived.body, { headers }).formData())];
      expect(key).toBe(wellFormed(name));
      expect((file as File).name).toBe(wellFormed(name));
      expect(await (file as File).text()).toBe(withoutMark(wellFormed(text)));
    }));

  test("in a header, without spaces around it, or is refused in words", () =>
    forAll(async (text) => {
      const arrived = await sent({ headers: { "X-Text": "{{vars.text}}" } }, { text });
      const isUnfit = /[^\t -~\u0080-\u00ff]/.test(text);
      expect(typeof arrived === "string" ? arrived.slice(0, 36) : "sent").toBe(
        isUnfit ? 'the value of header "X-Text" holds a' : "sent",
      );
      if (typeof arrived === "string") return;
      expect(arrived.headers["x-text"]).toBe(text.replace(/^[\t ]+|[\t ]+$/g, ""));
    }));
});

test("any bytes arrive as they were, as a body and as a file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const base64 = Buffer.from(bytes).toString("base64");
      const raw = await sent({ bodyBase64: "{{vars.base64}}" }, { base64 });
      if (typeof raw === "string") throw new Error(raw);
      expect(raw.body).toEqual(Buffer.from(bytes));
      const part = { name: "f", value: undefined, base64: "{{vars.base64}}", filename: "f", contentType: undefined };
      const parts = await sent({ multipart: [part] }, { base64 });
      if (typeof parts === "string") throw new Error(parts);
      const headers = { "content-type": String(parts.headers["content-type"]) };
      const file = (await new Response(parts.body, { headers }).formData()).get("f") as File;
      expect(Buffer.from(await file.arrayBuffer())).toEqual(Buffer.from(bytes));
    }),
    { seed: Date.now(), numRuns: 100 },
  );
});

/** `File.text` takes a byte order mark away. */
function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, "");
}
