import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientOf, get } from "./client-fixture.ts";
import { bodyOf, listen, serve, serveRaw } from "./hostile-server.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "./test-certificate.ts";

const signal = new AbortController().signal;
const aborted = { kind: "failure", cause: "aborted" };

let folder: string;
let caFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetcron-right-"));
  caFile = join(folder, "ca.pem");
  await writeFile(caFile, TEST_CERTIFICATE);
});
afterEach(() => rm(folder, { recursive: true }));

describe("the right to send", () => {
  test("that ends while the connection is made leaves the request unsent", async () => {
    let bytes = 0;
    let isConnected: (socket: Socket) => void = () => {};
    const connected = new Promise<Socket>((resolve) => {
      isConnected = resolve;
    });
    const origin = await serveRaw((socket) => {
      socket.on("data", (chunk) => (bytes += chunk.length));
      isConnected(socket);
    });
    const outcome = await clientOf().exchange(get(origin, { method: "POST", body: "stale" }), signal, async () => {
      await connected;
      return false;
    });
    expect(outcome).toMatchObject(aborted);
    const socket = await connected;
    if (!socket.closed) await once(socket, "close");
    expect(bytes).toBe(0);
  });

  test("that ends while TLS is agreed on leaves the request unsent", async () => {
    let requests = 0;
    const server = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) => {
      requests++;
      response.end();
    });
    const secured = once(server, "secureConnection");
    const port = await listen(server, () => server.closeAllConnections());
    const outcome = await clientOf({ caFile }).exchange(get(`https://localhost:${port}/`), signal, async () => {
      await secured;
      return false;
    });
    expect(outcome).toMatchObject(aborted);
    expect(requests).toBe(0);
  });

  test("is asked once a hop, and a no stops the redirect that is next", async () => {
    const arrived: string[] = [];
    const origin = await serve(async (request, response) => {
      arrived.push(`${request.url} ${await bodyOf(request)}`);
      response.writeHead(request.url === "/end" ? 200 : 307, { Location: request.url === "/" ? "/next" : "/end" });
      response.end();
    });
    const request = get(`${origin}/`, { method: "POST", body: "x" });
    for (const hopsAllowed of [0, 1, 2]) {
      arrived.length = 0;
      let asked = 0;
      expect(await clientOf().exchange(request, signal, async () => asked++ < hopsAllowed)).toMatchObject(aborted);
      expect(asked).toBe(hopsAllowed + 1);
      expect(arrived).toEqual(["/ x", "/next x", "/end x"].slice(0, hopsAllowed));
    }
    let asked = 0;
    expect(await clientOf().exchange(request, signal, async () => ++asked > 0)).toMatchObject({ status: 200 });
    expect(asked).toBe(3);
  });

  test("that is in doubt holds the request back until it is clear", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.end("late");
    });
    let clear: (isAllowed: boolean) => void = () => {};
    let isAsked: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const outcome = clientOf().exchange(get(origin), signal, () => {
      isAsked();
      return new Promise((resolve) => {
        clear = resolve;
      });
    });
    await asked;
    expect(requests).toBe(0);
    clear(true);
    expect(await outcome).toMatchObject({ status: 200, body: "late" });
  });

  test("that stays in doubt ends the request with its time limit or its signal", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.end();
    });
    const never = () => new Promise<boolean>(() => {});
    expect(await clientOf().exchange(get(origin, { timeoutMs: 100 }), signal, never)).toMatchObject({
      cause: "timeout",
    });
    const control = new AbortController();
    const outcome = clientOf().exchange(get(origin), control.signal, () => {
      control.abort();
      return never();
    });
    expect(await outcome).toMatchObject(aborted);
    expect(requests).toBe(0);
  });

  test.each(["http", "https"])("that ended leaves an %s request through a proxy unsent", async (scheme) => {
    const asked: string[] = [];
    const sockets = new Set<Socket>();
    const target = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
      asked.push(String(request.url));
      response.end("through");
    });
    const targetPort = await listen(target, () => target.closeAllConnections());
    const proxy = createServer((request, response) => {
      asked.push(String(request.url));
      response.end("through");
    });
    proxy.on("connect", (_request, socket: Socket) => {
      const onward = connect(targetPort, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) {
        end.on("error", () => {});
        sockets.add(end);
      }
    });
    const proxyPort = await listen(proxy, () => {
      proxy.closeAllConnections();
      for (const socket of sockets) socket.destroy();
    });
    const client = clientOf({ proxy: `http://127.0.0.1:${proxyPort}`, caFile });
    const request = get(`${scheme}://localhost:${targetPort}/`, { method: "POST", body: "x" });
    expect(await client.exchange(request, signal, async () => false)).toMatchObject(aborted);
    expect(asked).toEqual([]);
    expect(await client.exchange(request, signal, async () => true)).toMatchObject({ status: 200, body: "through" });
    expect(asked).toHaveLength(1);
  });
});
