import { connect } from "node:net";
import type { Socket } from "node:net";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { createProxyChoice } from "../../../src/adapters/undici/proxy-choice.ts";
import { clientOf, get } from "./client-fixture.ts";
import { listen, serve } from "./hostile-server.ts";

describe("the choice of a proxy", () => {
  const env = {
    HTTP_PROXY: "http://up.test:3128",
    https_proxy: "secure.test:3129",
    NO_PROXY: "localhost, .corp.test,api.test:8080",
  };
  const choose = createProxyChoice("env", env);

  test.each([
    ["http://any.test/", "http://up.test:3128"],
    ["https://any.test/", "http://secure.test:3129"],
    ["http://localhost:9000/", undefined],
    ["http://a.corp.test/", undefined],
    ["http://corp.test/", undefined],
    ["http://notcorp.test/", "http://up.test:3128"],
    ["http://api.test:8080/", undefined],
    ["http://api.test/", "http://up.test:3128"],
  ])("for %s by the environment is %s", (url, proxy) => expect(choose(new URL(url))).toBe(proxy));

  test("is none when the config says so", () => {
    expect(createProxyChoice("none", env)(new URL("http://any.test/"))).toBeUndefined();
  });
  test("is the one of the config, whatever the environment says", () => {
    expect(createProxyChoice("http://own.test:1", env)(new URL("http://localhost/"))).toBe("http://own.test:1");
  });
});

/** A proxy that passes requests and tunnels on, and tells what it was asked for. */
async function startProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(`proxied ${request.headers["proxy-authorization"]}`);
  });
  server.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    const [host, port] = String(request.url).split(":");
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const end of [target, socket]) {
      end.on("error", () => {});
      sockets.add(end);
    }
  });
  const port = await listen(server, () => {
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://user:pw@127.0.0.1:${port}`, asked };
}

describe("a request through a proxy", () => {
  test("names the whole address and signs in at the proxy", async () => {
    const proxy = await startProxy();
    const client = clientOf({ proxy: proxy.url, publicOnly: true });
    const outcome = await client.exchange(get("http://any.test/p?q=1"), new AbortController().signal);
    expect(outcome).toMatchObject({ status: 200, body: "proxied Basic dXNlcjpwdw==" });
    expect(proxy.asked).toEqual(["GET http://any.test/p?q=1"]);
  });

  test("to a literal address is still under the policy", async () => {
    const proxy = await startProxy();
    const outcome = await clientOf({ proxy: proxy.url }).exchange(
      get("http://169.254.169.254/"),
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({ cause: "refused" });
    expect(proxy.asked).toEqual([]);
  });

  test("goes straight for the hosts of NO_PROXY", async () => {
    const proxy = await startProxy();
    const origin = await serve((_request, response) => response.end("straight"));
    const client = clientOf({ proxy: "env" }, { env: { http_proxy: proxy.url, no_proxy: "127.0.0.1" } });
    expect(await client.exchange(get(origin), new AbortController().signal)).toMatchObject({ body: "straight" });
  });
});
