import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { clientOf, fetchOnce, get } from "./client-fixture.ts";
import { bodyOf, serve, serveRaw } from "./hostile-server.ts";

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
    const headers = { "Accept-Encoding": "gzip, deflate, br" };
    expect(await fetchOnce(get(origin, { headers }))).toMatchObject({
      status: 200,
      body: "hello 가",
      truncated: false,
    });
  });

  test("in br that the job did not ask for is refused: it takes 16 MiB to undo, whatever it holds", async () => {
    const origin = await answering(brotliCompressSync(Buffer.from("hello")), { "Content-Encoding": "br" });
    expect(await fetchOnce(get(origin))).toMatchObject({
      cause: "network",
      message: expect.stringContaining("it is encoded in br, which was not asked for"),
    });
  });

  test("of exactly the limit is whole", async () => {
    const origin = await answering(Buffer.from("12345"), {});
    expect(await fetchOnce(get(origin, { maxBodyBytes: 5 }))).toMatchObject({ body: "12345", truncated: false });
  });

  test("that the limit cuts inside a character leaves the character out", async () => {
    const origin = await answering(Buffer.from("a가"), {});
    expect(await fetchOnce(get(origin, { maxBodyBytes: 2 }))).toMatchObject({ body: "a", truncated: true });
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

  test("tells who has to wait for its turn, and nobody else", async () => {
    let letGo = (): void => {};
    const origin = await serve((_request, response) => {
      letGo = () => response.end();
      arrived();
    });
    let arrived = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const client = clientOf({}, { maxPerHost: 1 });
    const { signal } = new AbortController();
    const waits: string[] = [];
    const first = client.exchange(get(origin), signal, undefined, () => waits.push("first"));
    await isAsked;
    const second = client.exchange(
      get(origin),
      signal,
      async () => false,
      () => waits.push("second"),
    );
    expect(waits).toEqual(["second"]);
    letGo();
    await Promise.all([first, second]);
    expect(waits).toEqual(["second"]);
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
