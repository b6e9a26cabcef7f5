import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseExactJson } from "../../src/expression/exact-json.ts";
import { renderText } from "../../src/expression/render-text.ts";
import { renderValue } from "../../src/expression/render-value.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { jsonText } from "../../src/model/json-text.ts";
import { wellFormed } from "../../src/model/unicode.ts";
import { anyJson } from "./json-values.ts";
import { scopeOf, varsOf } from "../support/scope-of.ts";

/** Texts that could be taken for templates, for code or for parts of a URL. */
const trickyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "{{",
        "}}",
        "\\{{",
        "{{KEY}}",
        "{{vars.a}}",
        "${1+1}",
        "$&",
        "$1",
        "__proto__",
        "../",
        "%2e",
        "\r\n",
      ),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

/** But for `.` and `..`, which no path can hold. */
const pathText = trickyText.filter((text) => text !== "" && !/^\.\.?$/.test(text));

describe("whatever a value holds,", () => {
  test("it stands in the text exactly as it is, and is never read as a template", () => {
    fc.assert(
      fc.property(trickyText, trickyText, (value, secret) => {
        const scope = scopeOf({ KEY: secret }, { vars: { a: value } });
        const rendered = renderText("<{{vars.a}}|{{KEY}}|{{vars.a}}>", scope, "text");
        expect(rendered).toEqual({ ok: true, value: `<${value}|${secret}|${value}>` });
      }),
    );
  });

  test("a text that is one template becomes the very value, of whatever type", () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const rendered = renderValue({ list: ["{{vars.a}}"] }, varsOf({ a: value }));
        const expected = Object.assign(Object.create(null), { list: [value] });
        expect(isDeepStrictEqual(rendered, { ok: true, value: expected })).toBe(true);
      }),
    );
  });

  test("a value without templates stays as it is", () => {
    const isPlain = (value: JsonValue): boolean => !jsonText(value).includes("{{");
    fc.assert(
      fc.property(anyJson.filter(isPlain), (value) => {
        expect(isDeepStrictEqual(renderValue(value, scopeOf({})), { ok: true, value })).toBe(true);
      }),
    );
  });

  test("a URL around it keeps its parts: origin, number of path segments, query and fragment", () => {
    fc.assert(
      fc.property(pathText, trickyText, (inPath, inQuery) => {
        const scope = varsOf({ path: inPath, query: inQuery });
        const rendered = renderText("https://api.test/a/{{vars.path}}/b?c={{vars.query}}&d=e#f", scope, "url");
        if (!rendered.ok) throw new Error(rendered.error);
        const url = new URL(rendered.value);
        expect(url.origin).toBe("https://api.test");
        expect(url.pathname.split("/").map((part) => decodeURIComponent(part))).toEqual([
          "",
          "a",
          wellFormed(inPath),
          "b",
        ]);
        expect([...url.searchParams]).toEqual([
          ["c", wellFormed(inQuery)],
          ["d", "e"],
        ]);
        expect(url.hash).toBe("#f");
      }),
    );
  });
});

describe("a value arrives exactly at a real server", () => {
  const seen: { readonly url: string; readonly header: string; readonly body: string }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void readText(request).then((body) => {
      const header = Buffer.from(String(request.headers["x-value"] ?? ""), "latin1").toString("latin1");
      seen.push({ url: request.url ?? "", header, body });
      response.end();
    });
  });
  let origin = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  /** What an HTTP header can hold: no line ends, nothing beyond Latin-1, no space at its ends. */
  const headerText = fc.stringMatching(/^[!-~\u00a1-\u00ff]{1,20}$/);

  test("in a path segment, a query, a header and a JSON body", async () => {
    await fc.assert(
      fc.asyncProperty(pathText, trickyText, headerText, anyJson, async (inPath, inQuery, inHeader, inBody) => {
        const scope = scopeOf({ ORIGIN: origin }, { vars: { inPath, inQuery, inHeader, inBody } });
        const url = renderText("{{ORIGIN}}/p/{{vars.inPath}}/end?q={{vars.inQuery}}", scope, "url");
        const header = renderText("{{vars.inHeader}}", scope, "text");
        const body = renderValue({ value: "{{vars.inBody}}", text: "it is {{vars.inQuery}}" }, scope);
        if (!url.ok || !header.ok || !body.ok) throw new Error("not rendered");
        await fetch(url.value, {
          method: "POST",
          headers: { "x-value": header.value },
          body: wellFormed(jsonText(body.value)),
        });
        const arrived = seen.pop();
        const target = new URL(arrived?.url ?? "", origin);
        expect(decodeURIComponent(target.pathname.split("/")[2] ?? "")).toBe(wellFormed(inPath));
        expect(target.pathname.split("/")).toHaveLength(4);
        expect([...target.searchParams]).toEqual([["q", wellFormed(inQuery)]]);
        expect(arrived?.header).toBe(inHeader);
        const parsed = parseExactJson(arrived?.body ?? "");
        const expected = Object.assign(Object.create(null), { value: inBody, text: `it is ${inQuery}` });
        expect(isDeepStrictEqual(parsed, { ok: true, value: expected })).toBe(true);
      }),
    );
  });
});
