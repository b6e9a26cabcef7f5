import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { ServerOptions } from "node:https";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureWords } from "../../../src/adapters/undici/failure-words.ts";
import { createTlsContexts } from "../../../src/adapters/undici/tls-contexts.ts";
import type { TlsOptions } from "../../../src/model/auth.ts";
import { clientOf, fetchOnce, get } from "./client-fixture.ts";
import { listen, serve } from "./hostile-server.ts";
import { makeCertificate } from "./make-certificate.ts";

/** Its server says by an alert what it wants, where one of Node only closes the connection. */
const OPENSSL = "openssl";
const HOUR_MS = 3_600_000;
const past = { notBefore: new Date(Date.now() - 2 * HOUR_MS), notAfter: new Date(Date.now() - HOUR_MS) };
const authority = makeCertificate({ host: "Our CA" });
const namesake = makeCertificate({ host: "Our CA" });
const stranger = makeCertificate({ host: "Their CA" });
const server = makeCertificate({ host: "localhost", issuer: authority });
const expired = makeCertificate({ host: "localhost", issuer: authority, ...past });
const client = makeCertificate({ host: "client 1", issuer: authority });
const otherClient = makeCertificate({ host: "client 2", issuer: authority });

function tls(overrides: Partial<TlsOptions> = {}): TlsOptions {
  return { ca: undefined, cert: undefined, key: undefined, insecure: false, ...overrides };
}

/** Answers with the name in the client's certificate. */
async function serveTls(options: ServerOptions = {}): Promise<string> {
  const secure = createServer({ key: server.key, cert: server.cert, ...options }, (request, response) => {
    response.end(`hello ${clientName(request)}`);
  });
  secure.on("tlsClientError", () => {});
  return `https://localhost:${await listen(secure, () => secure.closeAllConnections())}/`;
}

function clientName(request: IncomingMessage): string {
  const certificate = (request.socket as TLSSocket).getPeerCertificate();
  return String(certificate.subject?.CN);
}

const asking: ServerOptions = { requestCert: true, ca: authority.cert };

describe("tls.ca of a job", () => {
  test("is trusted beside the roots of the system, for its own requests alone", async () => {
    const url = await serveTls();
    const fleet = clientOf();
    const { signal } = new AbortController();
    expect(await fleet.exchange(get(url, { tls: tls({ ca: authority.cert }) }), signal)).toMatchObject({ status: 200 });
    expect(await fleet.exchange(get(url), signal)).toMatchObject({
      cause: "network",
      message: expect.stringContaining("add that to tls.ca of the job, or to egress.ca_file of this machine"),
    });
  });

  test("may hold several certificates, with words between them", async () => {
    const ca = `# theirs\n${stranger.cert}\n# ours\n${authority.cert}`;
    expect(await fetchOnce(get(await serveTls(), { tls: tls({ ca }) }))).toMatchObject({ status: 200 });
  });

  test("may be the certificate of the server itself", async () => {
    expect(await fetchOnce(get(await serveTls(), { tls: tls({ ca: server.cert }) }))).toMatchObject({ status: 200 });
  });

  test("still asks for the right name and a time that has not passed", async () => {
    const ca = tls({ ca: authority.cert });
    const url = (await serveTls()).replace("localhost", "127.0.0.1");
    expect(await fetchOnce(get(url, { tls: ca }))).toMatchObject({
      message: expect.stringContaining("its certificate is for another name"),
    });
    const old = await serveTls({ key: expired.key, cert: expired.cert });
    expect(await fetchOnce(get(old, { tls: ca }))).toMatchObject({
      message: expect.stringContaining("its certificate has expired"),
    });
  });

  test("is not fooled by an authority of the same name", async () => {
    expect(await fetchOnce(get(await serveTls(), { tls: tls({ ca: namesake.cert }) }))).toMatchObject({
      message: expect.stringContaining("only has the name of a known one"),
    });
  });

  test("adds to egress.ca_file, which goes on counting", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleetcron-tls-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const caFile = join(folder, "ca.pem");
    await writeFile(caFile, authority.cert);
    const request = get(await serveTls(), { tls: tls({ ca: stranger.cert }) });
    expect(await fetchOnce(request, { caFile })).toMatchObject({ status: 200 });
  });
});

describe("insecure", () => {
  test("accepts any certificate, for the requests of its job alone", async () => {
    const url = await serveTls({ key: expired.key, cert: expired.cert });
    const fleet = clientOf();
    const { signal } = new AbortController();
    expect(await fleet.exchange(get(url, { tls: tls({ insecure: true }) }), signal)).toMatchObject({ status: 200 });
    expect(await fleet.exchange(get(url), signal)).toMatchObject({ cause: "network" });
  });
});

describe("a client certificate", () => {
  const ours = tls({ ca: authority.cert, cert: client.cert, key: client.key });
  const theirs = tls({ ca: authority.cert, cert: otherClient.cert, key: otherClient.key });

  test("is shown to a server that asks, that of its job and no other", async () => {
    const url = await serveTls({ ...asking, rejectUnauthorized: true });
    const fleet = clientOf();
    const { signal } = new AbortController();
    const bodies: unknown[] = [];
    for (const options of [ours, theirs, ours]) {
      bodies.push(await fleet.exchange(get(url, { tls: options }), signal));
    }
    expect(bodies).toMatchObject([{ body: "hello client 1" }, { body: "hello client 2" }, { body: "hello client 1" }]);
  });

  test("that is wanted and missing is named", async () => {
    const url = await serveTls({ ...asking, rejectUnauthorized: true, maxVersion: "TLSv1.2" });
    expect(await fetchOnce(get(url, { tls: tls({ ca: authority.cert }) }))).toMatchObject({
      message: expect.stringContaining("it may want a client certificate (tls.cert and tls.key of the job)"),
    });
  });

  test("that is wanted and missing is named over TLS 1.3 too, where the server says so after the handshake", async () => {
    const port = await serveByOpenssl();
    const request = get(`https://localhost:${port}/`, { tls: tls({ ca: authority.cert }) });
    expect(await fetchOnce(request)).toMatchObject({
      cause: "network",
      message: `no secure connection to localhost:${port}: it wants a client certificate: give tls.cert and tls.key in the job`,
    });
  });

  test("stays at its origin when a redirect leads to another", async () => {
    const second = await serveTls({ ...asking, rejectUnauthorized: false });
    const first = createServer({ key: server.key, cert: server.cert, ...asking }, (_request, response) => {
      response.writeHead(307, { location: second }).end();
    });
    const port = await listen(first, () => first.closeAllConnections());
    expect(await fetchOnce(get(`https://localhost:${port}/`, { tls: ours }))).toMatchObject({
      body: "hello undefined",
    });
    expect(await fetchOnce(get(second, { tls: ours }))).toMatchObject({ body: "hello client 1" });
  });

  test("goes through a tunnel to the target, and not to the proxy", async () => {
    const url = await serveTls({ ...asking, rejectUnauthorized: true });
    const proxy = createProxy();
    const sockets = new Set<Socket>();
    proxy.on("connect", (request, socket: Socket) => {
      const [host, port] = String(request.url).split(":");
      const target = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      for (const end of [target, socket]) sockets.add(end.on("error", () => {}));
    });
    const port = await listen(proxy, () => {
      proxy.closeAllConnections();
      for (const socket of sockets) socket.destroy();
    });
    const through = clientOf({ proxy: `http://127.0.0.1:${port}` });
    const { signal } = new AbortController();
    expect(await through.exchange(get(url, { tls: ours }), signal)).toMatchObject({ body: "hello client 1" });
    expect(sockets.size).toBe(2);
    expect(await through.exchange(get(url), signal)).toMatchObject({
      message: expect.stringContaining("an authority unknown here"),
    });
    const insecure = tls({ insecure: true, cert: client.cert, key: client.key });
    expect(await through.exchange(get(url, { tls: insecure }), signal)).toMatchObject({ body: "hello client 1" });
  });
});

describe("what can't be used for TLS is refused before anything is sent, in words without the key", () => {
  const cutShort = authority.cert.replace(/\n.{80}/, "\n");
  test.each<[string, Partial<TlsOptions>, string]>([
    ["a key of another certificate", { cert: client.cert, key: otherClient.key }, "tls.key does not belong to"],
    ["a certificate without its key", { cert: client.cert }, "tls.cert is there without tls.key: give both or neither"],
    ["a key without its certificate", { key: client.key }, "tls.key is there without tls.cert: give both or neither"],
    ["a key that is none", { cert: client.cert, key: "hunter22" }, "tls.key holds no private key in PEM form"],
    ["a certificate that is none", { cert: "hunter22", key: client.key }, "tls.cert holds no certificate in PEM form"],
    ["an authority that is none", { ca: "hunter22" }, "tls.ca holds no certificate in PEM form"],
    ["an authority cut short", { ca: cutShort }, "tls.ca holds a certificate that can't be read"],
    [
      "an encrypted key",
      { cert: client.cert, key: client.key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") },
      "tls.key is encrypted: give it without a passphrase, as a secret",
    ],
  ])("%s", async (_what, options, words) => {
    const outcome = await fetchOnce(get(await serveTls(), { tls: tls({ ...options }) }));
    expect(outcome).toMatchObject({ kind: "failure", cause: "refused" });
    const message = outcome.kind === "failure" ? outcome.message : "";
    expect(message).toContain(words);
    expect(message).not.toContain("hunter22");
  });
});

test("a job's TLS is of no matter over http", async () => {
  const origin = await serve((_request, response) => response.end("plain"));
  expect(await fetchOnce(get(origin, { tls: tls({ ca: "no certificate" }) }))).toMatchObject({ body: "plain" });
});

test.each([
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "it wants a client certificate"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "it does not know who issued it"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "(tls.cert): it has expired"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "is it a server for http://?"],
])("the alert %s is told in words", (code, words) => {
  const alert = Object.assign(new Error("alert"), { code });
  expect(failureWords(alert, new URL("https://t.test/"))).toContain(words);
});

test("the roots, which take tens of milliseconds to read, are read once for each job and not for each request", () => {
  let reads = 0;
  const read = (): readonly string[] => {
    reads++;
    return [stranger.cert];
  };
  const contexts = createTlsContexts({ areChosen: false, read });
  const first = contexts.contextFor(tls({ ca: authority.cert }));
  expect(contexts.contextFor(tls({ ca: authority.cert }))).toBe(first);
  expect(contexts.contextFor(tls({ ca: namesake.cert }))).not.toBe(first);
  expect(reads).toBe(2);
  expect(contexts.contextFor(undefined)).toBeUndefined();
});

/** A server that wants a certificate and says so by an alert, as those built on OpenSSL do. */
async function serveByOpenssl(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fleetcron-openssl-"));
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  const file = (ending: string): string => join(folder, `${name}.${ending}`);
  await Promise.all([
    writeFile(file("key"), server.key),
    writeFile(file("crt"), server.cert),
    writeFile(file("ca"), authority.cert),
  ]);
  const files = ["-key", file("key"), "-cert", file("crt"), "-CAfile", file("ca")];
  const child = spawn(OPENSSL, ["s_server", "-accept", "0", "-tls1_3", "-Verify", "2", "-www", ...files]);
  onTestFinished(async () => {
    child.kill();
    await rm(folder, { recursive: true });
  });
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`openssl s_server ended with ${code}: ${said}`)));
    child.stdout.on("data", (chunk) => {
      said += String(chunk);
      const port = /ACCEPT .*:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(port);
    });
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
  });
}
