import { gzipSync } from "node:zlib";
import { BSON } from "mongodb";
import { describe, expect, test } from "vitest";
import { bodyOf, serve, serveRaw } from "../adapters/undici/hostile-server.ts";
import { sendStep } from "./step.ts";

/** Answers every request with these bytes, then closes. */
const answering = (text: string | Buffer) => serveRaw((socket) => socket.once("data", () => socket.end(text)));

describe("too much", () => {
  test("row 41: of a body of 10 GB no more is read than the limit, the connection is closed, the status decides", async () => {
    let written = 0;
    let close: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const url = await serve((_request, response) => {
      response.writeHead(200, { "Content-Length": 10_000_000_000 });
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536))) written += 65_536;
      };
      response.on("drain", write);
      response.on("close", close);
      write();
    });
    const { step } = await sendStep({ url });
    expect(step).toMatchObject({ status: "ok", statusCode: 200, responseSample: "x".repeat(2_000) });
    await closed;
    // One megabyte, and what lies in the buffers of two sockets.
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  test("row 43: a megabyte of headers is an error", async () => {
    const url = await serveRaw((socket) =>
      socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nX-Much: ${"x".repeat(1_000_000)}\r\n\r\n`)),
    );
    expect((await sendStep({ url })).step).toMatchObject({
      status: "error",
      error: expect.stringContaining("headers too large"),
    });
  });

  test.each([
    ["gzip", (bytes: Buffer) => gzipSync(bytes)],
    ["gzip, gzip", (bytes: Buffer) => gzipSync(gzipSync(bytes))],
  ])("row 44: a bomb in %s is read up to the limit of decoded bytes", async (coding, encode) => {
    const bomb = encode(Buffer.alloc(100_000_000, "x"));
    expect(bomb.length).toBeLessThan(200_000);
    const url = await serve((_request, response) => {
      response.writeHead(200, { "Content-Encoding": coding });
      response.end(bomb);
    });
    const before = process.memoryUsage.rss();
    expect((await sendStep({ url })).step).toMatchObject({ status: "ok", responseSample: "x".repeat(2_000) });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("row 44: codings without end are an error", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "Content-Encoding": Array(50).fill("gzip").join(", ") });
      response.end("x");
    });
    expect((await sendStep({ url })).step).toMatchObject({
      status: "error",
      error: expect.stringContaining("encoded 50 times over"),
    });
  });

  test("row 44: a body that is not in the coding that it names is an error", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip" });
      response.end("not gzip at all");
    });
    expect((await sendStep({ url })).step).toMatchObject({ error: expect.stringContaining("could not be decoded") });
  });
});

describe("too slow", () => {
  const LIMIT_MS = 300;
  const TIMED_OUT = { status: "error", attempts: 1, error: "timed out after 0.3 s" };

  test.each([
    [
      "row 42: a body that drips, byte after byte",
      () =>
        serve((_request, response) => {
          const drip = setInterval(() => response.write("x"), 20);
          response.on("close", () => clearInterval(drip));
        }),
    ],
    [
      "row 42: headers that drip, letter after letter",
      () =>
        serveRaw((socket) => {
          socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
          const drip = setInterval(() => socket.write("x"), 20);
          socket.on("close", () => clearInterval(drip));
        }),
    ],
    [
      "row 42: headers and body of which each alone would be in time",
      () =>
        serve((_request, response) => {
          const late = setTimeout(() => {
            response.writeHead(200);
            response.write("x");
          }, 200);
          const end = setTimeout(() => response.end(), 400);
          response.on("close", () => [late, end].forEach((it) => clearTimeout(it)));
        }),
    ],
    ["row 43: headers that never come", () => serve(() => {})],
    ["row 43: TLS that is never agreed on", async () => (await serveRaw(() => {})).replace("http:", "https:")],
    [
      "row 49: a flood of 1xx answers without end",
      () =>
        serveRaw((socket) => {
          const flood = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)), 5);
          socket.on("close", () => clearInterval(flood));
        }),
    ],
  ])("%s: meets the one time limit", async (_, open) => {
    const url = await open();
    const startedAt = performance.now();
    expect((await sendStep({ url, timeoutMs: LIMIT_MS })).step).toMatchObject(TIMED_OUT);
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS + 2_000);
  });
});

describe("a redirect", () => {
  const redirecting = (status: number, location: (url: string) => string, seen: string[] = []) =>
    serve(async (request, response) => {
      seen.push(`${request.method} ${request.url} ${await bodyOf(request)}`.trim());
      response.writeHead(status, { Location: location(request.url ?? "") });
      response.end();
    });

  test("row 45: in a loop is followed five times, then it is an error", async () => {
    const seen: string[] = [];
    const url = await redirecting(302, () => "/again", seen);
    expect((await sendStep({ url })).step).toMatchObject({
      status: "error",
      attempts: 1,
      error: expect.stringContaining("more than 5 redirects"),
    });
    expect(seen).toHaveLength(6);
  });

  test("row 45: of thirty hops makes Node warn of nothing", async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on("warning", note);
    const url = await redirecting(302, () => "/again");
    expect((await sendStep({ url, redirects: 30 })).step).toMatchObject({
      error: expect.stringContaining("30 redirects"),
    });
    // Warnings are told in a later turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  test("row 45: is refused with redirects: 0", async () => {
    const seen: string[] = [];
    const url = await redirecting(302, () => "/again", seen);
    expect((await sendStep({ url, redirects: 0 })).step).toMatchObject({ status: "error", statusCode: 302 });
    expect(seen).toHaveLength(1);
  });

  test("row 45: of 301 turns a POST into a GET without its body", async () => {
    const seen: string[] = [];
    const url = await serve(async (request, response) => {
      seen.push(`${request.method} ${request.url} ${await bodyOf(request)}`.trim());
      response.writeHead(request.url === "/" ? 301 : 200, { Location: "/moved" });
      response.end();
    });
    expect((await sendStep({ url, method: "POST", body: { a: 1 } })).step).toMatchObject({ status: "ok" });
    expect(seen).toEqual(['POST / {"a":1}', "GET /moved"]);
  });

  test.each([
    ["file:///etc/passwd", "only http and https are followed"],
    ["ftp://127.0.0.1/", "only http and https are followed"],
    ["javascript:alert(1)", "only http and https are followed"],
    ["http://user:pw@127.0.0.1/", "user name or password"],
    ["http://169.254.169.254/latest/meta-data", "169.254.169.254 is refused"],
    ["http://[::ffff:a9fe:a9fe]/", "is refused: link-local, metadata"],
    ["http://0.0.0.0/", "0.0.0.0 is refused"],
    ["http://127.0.0.2/", "127.0.0.2 is refused: it lies in egress.deny_nets"],
    ["http://[", "not a URL"],
  ])("row 45: to %s is refused for good", async (location, words) => {
    const seen: string[] = [];
    const url = await redirecting(302, () => location, seen);
    const surroundings = { egress: { denyNets: ["127.0.0.2/32"] } };
    expect((await sendStep({ url, retry: { retries: 3, delayMs: 0 } }, surroundings)).step).toMatchObject({
      status: "error",
      attempts: 1,
      error: expect.stringContaining(words),
    });
    expect(seen).toHaveLength(1);
  });

  test("row 45: to another origin carries no credentials along", async () => {
    let headers: unknown;
    const second = await serve((request, response) => {
      ({ headers } = request);
      response.end();
    });
    const first = await redirecting(307, () => second);
    const secretHeaders = { Authorization: "Bearer t0ken", Cookie: "a=t0ken", "X-Whatever": "t0ken" };
    expect((await sendStep({ url: first, headers: secretHeaders })).step).toMatchObject({ status: "ok" });
    expect(JSON.stringify(headers)).not.toContain("t0ken");
  });
});

describe("a broken answer", () => {
  test.each([
    ["reset before the headers", ""],
    ["cut off in the headers", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["cut off behind the headers", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"],
    ["cut off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["cut off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc"],
    ["with two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
  ])("row 48: %s is an error, and each try is an attempt", async (_, text) => {
    let requests = 0;
    const url = await serveRaw((socket) =>
      socket.once("data", () => {
        requests++;
        if (text === "") socket.resetAndDestroy();
        else socket.end(text);
      }),
    );
    const { step, end } = await sendStep({ url, retry: { retries: 1, delayMs: 0 } });
    expect(step).toMatchObject({ status: "error", attempts: 2, error: expect.stringContaining("127.0.0.1") });
    expect(end).toMatchObject({ status: "error" });
    expect(requests).toBe(2);
  });

  test.each([
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", 204],
    ["200 of length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200],
    ["200 of length 0 in gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200],
    ["200 without a length", "HTTP/1.1 200 OK\r\n\r\n", 200],
    ["200 behind 50 answers of 103", `${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50)}HTTP/1.1 200 OK\r\n\r\n`, 200],
  ])("row 48, 49: %s, with no body, is ok", async (_, text, statusCode) => {
    const url = await answering(text);
    expect((await sendStep({ url })).step).toMatchObject({ status: "ok", statusCode, responseSample: "" });
  });

  test.each([
    ["304", "HTTP/1.1 304 Not Modified\r\n\r\n", 304],
    ["999", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 999],
    ["302 without a location", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 302],
  ])("row 49: status %s is an error", async (_, text, statusCode) => {
    const url = await answering(text);
    expect((await sendStep({ url })).step).toMatchObject({ status: "error", statusCode, error: `HTTP ${statusCode}` });
  });

  test.each([
    ["something that is not HTTP", "SSH-2.0-OpenSSH\r\n", "is not valid HTTP"],
    ["a 204 that has a body", "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", "another length than it says"],
    ["a status of four digits", "HTTP/1.1 2000 Odd\r\n\r\n", "is not valid HTTP"],
    [
      "two framings at once",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      "HTTP",
    ],
  ])("row 49: %s is an error in words", async (_, text, words) => {
    const url = await answering(text);
    expect((await sendStep({ url })).step).toMatchObject({ status: "error", error: expect.stringContaining(words) });
  });

  test.each([
    ["1000000000", 60_000],
    ["30", 30_000],
    ["Wed, 01 Dec 1999 00:00:00 GMT", 1_000],
    ["-5", 1_000],
    ["soon", 1_000],
  ])(
    "row 50: Retry-After: %s makes the pause %i ms, no less than the job's own and no more than its longest",
    async (value, waitedMs) => {
      let requests = 0;
      const url = await serve((_request, response) => {
        response.writeHead(++requests === 1 ? 503 : 200, { "Retry-After": value });
        response.end();
      });
      const sent = await sendStep({ url, retry: { retries: 1, delayMs: 1_000, maxDelayMs: 60_000 } });
      expect(sent).toMatchObject({ step: { status: "ok", attempts: 2 }, waitedMs });
    },
  );
});

describe("what is stored of an answer", () => {
  test("row 47: malformed JSON alone is no error", async () => {
    const url = await answering('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{"a":');
    expect((await sendStep({ url })).step).toMatchObject({ status: "ok", responseSample: '{"a":' });
  });

  test("row 52: a secret that comes back in headers and body is redacted", async () => {
    const url = await serve((request, response) => {
      response.setHeader("X-Reflected", String(request.headers.authorization));
      response.end(`you said ${String(request.headers.authorization)}`);
    });
    const { step, stored } = await sendStep({ url, headers: { Authorization: "Bearer {{API_KEY}}" } });
    expect(step?.responseSample).toBe("you said Bearer [secret API_KEY]");
    expect(stored).not.toContain("s3cr3t-key");
  });

  test.each([{ redirects: 0 }, { redirects: 5 }])("row 53: no header of an answer is stored (%o)", async (action) => {
    const url = await serve((request, response) => {
      response.writeHead(request.url === "/" ? 302 : 500, {
        Location: "/next?token=t0p-s3cret",
        "Set-Cookie": "session=t0p-s3cret",
        "X-Token": "t0p-s3cret",
      });
      response.end("body");
    });
    const { step, stored } = await sendStep({ url, ...action });
    expect(step).toMatchObject({ status: "error", responseSample: "body" });
    expect(stored).not.toContain("t0p-s3cret");
  });

  test.each([
    [
      "bytes that are no UTF-8",
      "application/octet-stream",
      Buffer.from([0x61, 0xff, 0xfe, 0x62]),
      "a\u{fffd}\u{fffd}b",
    ],
    ["a lone surrogate in UTF-8", "text/plain", Buffer.from([0xed, 0xa0, 0x80]), "\u{fffd}\u{fffd}\u{fffd}"],
    ["a lone surrogate in UTF-16", "text/plain; charset=utf-16le", Buffer.from([0x00, 0xd8, 0x62, 0x00]), "\u{fffd}b"],
    ["an escaped lone surrogate", "application/json", Buffer.from('"\\ud800"'), '"\\ud800"'],
    ["NUL", "text/plain", Buffer.from("a\u0000b"), "a\u{fffd}b"],
    ["a charset that nobody knows", "text/plain; charset=nonsense", Buffer.from("가"), "가"],
    ["Korean", "text/plain; charset=euc-kr", Buffer.from([0xb0, 0xa1]), "가"],
  ])("row 54: a body with %s becomes valid text", async (_, type, bytes, sample) => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "Content-Type": type });
      response.end(bytes);
    });
    const { step } = await sendStep({ url });
    expect(step?.responseSample).toBe(sample);
    expect(BSON.deserialize(BSON.serialize({ sample: step?.responseSample }))).toEqual({ sample });
  });
});
