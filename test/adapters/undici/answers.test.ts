import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createTextReader } from "../../../src/adapters/undici/text-reader.ts";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";
import { fetchOnce, get } from "./client-fixture.ts";
import { serve } from "./hostile-server.ts";

/** What is read of these bytes. */
async function read(
  bytes: Buffer,
  contentType: string | undefined,
  { coding = "identity", maxBodyBytes = 1_000_000 } = {},
): Promise<HttpOutcome> {
  const origin = await serve((_request, response) => {
    if (contentType !== undefined) response.setHeader("Content-Type", contentType);
    response.writeHead(200, { "Content-Encoding": coding, "Content-Length": bytes.length });
    response.end(bytes);
  });
  return fetchOnce(get(origin, { maxBodyBytes }));
}

const utf16be = Buffer.from('\ufeff{"이름":1}', "utf16le").swap16();

const answers: readonly [string, string | undefined, Buffer, string][] = [
  ["UTF-8 without a word about it", undefined, Buffer.from("é 가 😀"), "é 가 😀"],
  ["JSON called text/html", "text/html", Buffer.from('{"a":"가"}'), '{"a":"가"}'],
  ["a UTF-8 byte order mark, which is no part of it", "application/json", Buffer.from('\ufeff{"a":1}'), '{"a":1}'],
  ["latin1", "text/plain; charset=ISO-8859-1", Buffer.from([0xe9, 0x80, 0x61]), "é€a"],
  ["Shift_JIS", 'text/plain; charset="Shift_JIS"', Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67]), "テスト"],
  ["EUC-KR", "text/plain;charset=euc-kr", Buffer.from([0xb0, 0xa1]), "가"],
  ["UTF-16 by its name", "text/plain; charset=utf-16", Buffer.from("가a", "utf16le"), "가a"],
  ["UTF-16 by its mark, whatever the name says", "application/json; charset=utf-8", utf16be, '{"이름":1}'],
  ["an unknown charset as UTF-8", "text/plain; charset=klingon", Buffer.from("가"), "가"],
  ["broken UTF-8, replaced", "text/plain", Buffer.from([0x61, 0xff, 0x62, 0xea, 0xb0]), "a\ufffdb\ufffd"],
  ["a mark and nothing else", "text/plain", Buffer.from([0xff, 0xfe]), ""],
  ["one byte", "text/plain", Buffer.from("x"), "x"],
  ["nothing", "application/json", Buffer.alloc(0), ""],
];

describe("an answer", () => {
  test.each(answers)("is read as %s", async (_what, contentType, bytes, text) => {
    expect(await read(bytes, contentType)).toMatchObject({ status: 200, body: text, truncated: false });
  });

  test.each(answers)("that comes byte by byte is read as %s", (_what, contentType, bytes, text) => {
    const reader = createTextReader(contentType);
    let found = "";
    for (const byte of bytes) found += reader.add(Buffer.of(byte));
    expect(found + reader.end(false)).toBe(text);
  });
});

test("a charset is read through a coding", async () => {
  const bytes = gzipSync(Buffer.from([0x83, 0x65]));
  expect(await read(bytes, "text/plain; charset=shift_jis", { coding: "gzip" })).toMatchObject({ body: "テ" });
});

test.each([
  ["UTF-8", "text/plain", Buffer.from("a가나"), 5, "a가"],
  ["UTF-16", "text/plain; charset=utf-16le", Buffer.from("a가나", "utf16le"), 5, "a가"],
  ["Shift_JIS", "text/plain; charset=shift_jis", Buffer.from([0x61, 0x83, 0x65, 0x83, 0x58]), 4, "aテ"],
] as const)("a limit that cuts a character of %s leaves it out", async (_what, type, bytes, maxBodyBytes, text) => {
  expect(await read(bytes, type, { maxBodyBytes })).toMatchObject({ body: text, truncated: true });
});

test("an empty answer that calls itself JSON in gzip is empty", async () => {
  expect(await read(Buffer.alloc(0), "application/json", { coding: "gzip" })).toMatchObject({ status: 200, body: "" });
});

test("what calls itself gzip and is none is told in words", async () => {
  expect(await read(Buffer.from("plain"), "text/plain", { coding: "gzip" })).toMatchObject({
    cause: "network",
    message: expect.stringContaining("could not be decoded"),
  });
});
