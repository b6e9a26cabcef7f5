import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { Egress } from "../../../src/model/config.ts";
import type { OAuth2Auth, TlsOptions } from "../../../src/model/auth.ts";
import { clientOf } from "../../adapters/undici/client-fixture.ts";
import { makeCertificate } from "../../adapters/undici/make-certificate.ts";
import { authorized, authPorts, request } from "./auth-fixture.ts";

const authority = makeCertificate({ host: "Our CA" });
const certificate = makeCertificate({ host: "localhost", issuer: authority });
const ours: TlsOptions = { ca: authority.cert, cert: undefined, key: undefined, insecure: false };

/** A token server over TLS of a private authority, and what it was asked. */
async function startTokenServer() {
  const asked: string[] = [];
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (arrived, response) => {
    void text(arrived).then((body) => {
      asked.push(`${arrived.headers.authorization} ${body}`);
      response.end('{"access_token": "t0ken", "token_type": "bearer", "expires_in": 60}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/token`, asked };
}

function ask(tokenUrl: string, tls: TlsOptions | undefined, rules: Partial<Egress> = {}) {
  const auth: OAuth2Auth = {
    type: "oauth2",
    tokenUrl,
    clientId: "me",
    clientSecret: "pw",
    scope: undefined,
    audience: undefined,
    clientAuth: "basic",
  };
  const asking = tls === undefined ? request() : request({ tls });
  return authorized(auth, { request: asking, ports: authPorts({ http: clientOf(rules) }) });
}

test("a token comes over the TLS of the job from a real server", async () => {
  const server = await startTokenServer();
  const made = await ask(server.url, ours);
  expect(made).toMatchObject({ ok: true, request: { headers: { authorization: "Bearer t0ken" } } });
  expect(server.asked).toEqual(["Basic bWU6cHc= grant_type=client_credentials"]);
});

test("without that TLS there is no token, and the step says why", async () => {
  const server = await startTokenServer();
  expect(await ask(server.url, undefined)).toMatchObject({
    ok: false,
    failureClass: "network",
    error: expect.stringContaining("add that to tls.ca of the job"),
  });
  expect(server.asked).toEqual([]);
});

test("the egress policy of the machine holds for the token server too", async () => {
  const server = await startTokenServer();
  expect(await ask(server.url, ours, { denyNets: ["127.0.0.0/8", "::1/128"] })).toMatchObject({
    ok: false,
    failureClass: undefined,
    error: expect.stringContaining("it lies in egress.deny_nets"),
  });
  expect(server.asked).toEqual([]);
});
