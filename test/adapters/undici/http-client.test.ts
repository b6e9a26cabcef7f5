import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { clientOf, fetchOnce, get } from "./client-fixture.ts";
import { bodyOf, serve, serveRaw } from "./hostile-server.ts";

const hugeHeaders = `HTTP/1.1 200 OK\r\nX-Much: ${"x".repeat(1_000_000)}\r\nContent-Length: 0\r\n\r\n`;

describe("an exchange", () => {
  test("sends what it is told and answers status, headers and text", async () => {
    const origin = await serve(async (request, response) => {
      response.setHeader("X-Seen", `${request.method} ${request.url} ${String(request.headers["x-key"])}`);
      response.statusCode = 201;
      response.end(await bodyOf(request));
    });
    const outcome = await fetchOnce(get(`${origin}/p?q=1`, { method: "POST", headers: { "X-Key": "v" }, body: "가" }));
    expect(outcome).toMatchObject({ kind: "response", status: 201, body: "가", truncated: false });
    expect(outcome).toMatchObject({ headers: { "x-seen": "POST /p?q=1 v" } });
  });

  test("repeats nothing, even when the connection breaks before an answer", async () => {
    let requests = 0;
    const origin = await serveRaw((socket) =>
      socket.once("data", () => {
        requests++;
        socket.destroy();
      }),
    );
    const outcome = await fetchOnce(get(origin));
    expect(outcome).toMatchObject({ kind: "failure", cause: "network" });
    expect(outcome).toMatchObject({
      message: expect.stringContaining("closed the connection before the answer was complete"),
    });
    expect(requests).toBe(1);
  });

  test("says who refused a connection", async () => {
    const origin = await serve(() => {});
    const { port } = new URL(origin);
    const server = await import("node:net").then(({ createServer }) => createServer());
    const free = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address !== null ? address.port : Number(port)));
      });
    });
    expect(await fetchOnce(get(`http://127.0.0.1:${free}/`))).toMatchObject({
      cause: "network",
      message: `connection refused by 127.0.0.1:${free}`,
    });
  });

  test("says that a host does not exist", async () => {
    expect(await fetchOnce(get("http://nowhere.invalid/"))).toMatchObject({
      message: expect.stringMatching(/no such host: nowhere\.invalid|name server gave no answer for nowhere\.invalid/),
    });
  });

  test("ends at once when its signal aborts", async () => {
    const control = new AbortController();
    const origin = await serve(() => control.abort());
    expect(await clientOf().exchange(get(origin), control.signal)).toMatchObject({ kind: "failure", cause: "aborted" });
  });

  test("is broken off when the client closes", async () => {
    const client = clientOf();
    const origin = await serve(() => void client.close());
    expect(await client.exchange(get(origin), new AbortController().signal)).toMatchObject({ cause: "aborted" });
  });
});

describe("a target that does not answer as it should", () => {
  test("with headers that never come meets the deadline", async () => {
    const origin = await serve(() => {});
    expect(await fetchOnce(get(origin, { timeoutMs: 150 }))).toMatchObject({
      cause: "timeout",
      message: "timed out after 0.15 s",
    });
  });

  test("with a body that drips meets the same deadline, however busy it is", async () => {
    const origin = await serve((_request, response) => {
      const drip = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drip));
    });
    expect(await fetchOnce(get(origin, { timeoutMs: 300 }))).toMatchObject({ cause: "timeout" });
  });

  test("with a connection that is never accepted meets the deadline", async () => {
    const origin = await serveRaw(() => {});
    const tls = origin.replace("http:", "https:");
    expect(await fetchOnce(get(tls, { timeoutMs: 150 }))).toMatchObject({ cause: "timeout" });
  });

  test("with a megabyte of headers fails in words", async () => {
    const origin = await serveRaw((socket) => socket.once("data", () => socket.write(hugeHeaders)));
    expect(await fetchOnce(get(origin))).toMatchObject({ message: expect.stringContaining("headers too large") });
  });

  test.each([
    ["something that is not HTTP", "SSH-2.0-OpenSSH\r\n", "is not valid HTTP"],
    ["a 204 that has a body", "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", "another length than it says"],
  ])("with %s fails in words", async (_name, text, words) => {
    const origin = await serveRaw((socket) => socket.once("data", () => socket.end(text)));
    expect(await fetchOnce(get(origin))).toMatchObject({ message: expect.stringContaining(words) });
  });

  test.each([
    ["cut off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["cut off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc"],
    ["cut off in the headers", "HTTP/1.1 200 OK\r\nContent-Le"],
  ])("%s fails although its status was fine", async (_name, text) => {
    const origin = await serveRaw((socket) => socket.once("data", () => socket.end(text)));
    expect(await fetchOnce(get(origin))).toMatchObject({ kind: "failure", cause: "network" });
  });

  test.each([
    ["HTTP/1.1 304 Not Modified\r\n\r\n", 304],
    ["HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 999],
    [`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`, 200],
    ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200],
  ])("%# keeps its status", async (text, status) => {
    const origin = await serveRaw((socket) => socket.once("data", () => socket.end(text)));
    expect(await fetchOnce(get(origin))).toMatchObject({ kind: "response", status, body: "" });
  });
});

describe("a body", () => {
  const answering = (bytes: Buffer, headers: Record<string, string>) =>
    serve((_request, response) => {
      response.writeHead(200, headers);
      response.end(bytes);
    });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
    ["gzip, br", (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ] as const)("in %s is decoded", async (coding, encode) => {
    const origin = await answering(encode(Buffer.from("hello 가")), { "Content-Encoding": coding });
    expect(await fetchOnce(get(origin))).toMatchObject({ status: 200, body: "hello 가", truncated: false });
  });

  test("that is a bomb is read up to the limit of decoded bytes", async () => {
    const origin = await answering(gzipSync(Buffer.alloc(50_000_000, "x")), { "Content-Encoding": "gzip" });
    const outcome = await fetchOnce(get(origin, { maxBodyBytes: 10_000 }));
    expect(outcome).toMatchObject({ status: 200, truncated: true, body: "x".repeat(10_000) });
  });

  test("without an end is read up to the limit, then the connection is closed", async () => {
    let closed: (() => void) | undefined;
    const wasClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", write);
      response.on("close", () => closed?.());
      write();
    });
    expect(await fetchOnce(get(origin, { maxBodyBytes: 1_000 }))).toMatchObject({ truncated: true });
    await wasClosed;
  });

  test("of exactly the limit is whole", async () => {
    const origin = await answering(Buffer.from("12345"), {});
    expect(await fetchOnce(get(origin, { maxBodyBytes: 5 }))).toMatchObject({ body: "12345", truncated: false });
  });

  test("that the limit cuts inside a character leaves the character out", async () => {
    const origin = await answering(Buffer.from("a가"), {});
    expect(await fetchOnce(get(origin, { maxBodyBytes: 2 }))).toMatchObject({ body: "a", truncated: true });
  });

  test.each([
    ["text/plain; charset=euc-kr", Buffer.from([0xb0, 0xa1]), "가"],
    ["text/plain; charset=iso-8859-1", Buffer.from([0xe9]), "é"],
    ["text/plain; charset=nonsense", Buffer.from("가"), "가"],
    ["application/octet-stream", Buffer.from([0x61, 0xff, 0x62]), "a\u{fffd}b"],
    ["text/plain; charset=utf-16le", Buffer.from([0x00, 0xd8, 0x62, 0x00]), "\u{fffd}b"],
  ])("of %s is valid text", async (type, bytes, text) => {
    const origin = await answering(bytes, { "Content-Type": type });
    expect(await fetchOnce(get(origin))).toMatchObject({ body: text });
  });

  test("whose coding is broken fails in words", async () => {
    const origin = await answering(Buffer.from("not gzip at all"), { "Content-Encoding": "gzip" });
    expect(await fetchOnce(get(origin))).toMatchObject({ message: expect.stringContaining("could not be decoded") });
  });
});

describe("a busy host", () => {
  test("gets no more requests at once than allowed; the others wait outside their time limit", async () => {
    let running = 0;
    let most = 0;
    const origin = await serve((_request, response) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        response.end();
      }, 150);
    });
    const client = clientOf({}, { maxPerHost: 2 });
    const signal = new AbortController().signal;
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => client.exchange(get(origin, { timeoutMs: 400 }), signal)),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(Array(6).fill("response"));
    expect(most).toBe(2);
  });

  test("is not asked after a wait when the session ended meanwhile", async () => {
    let requests = 0;
    let letGo: (() => void) | undefined;
    const origin = await serve((_request, response) => {
      requests++;
      letGo = () => response.end();
      if (requests === 1) started?.();
    });
    let started: (() => void) | undefined;
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const client = clientOf({}, { maxPerHost: 1 });
    const signal = new AbortController().signal;
    const first = client.exchange(get(origin), signal);
    await isStarted;
    const second = client.exchange(get(origin), signal, async () => false);
    letGo?.();
    expect(await first).toMatchObject({ kind: "response" });
    expect(await second).toMatchObject({ kind: "failure", cause: "aborted" });
    expect(requests).toBe(1);
  });
});
