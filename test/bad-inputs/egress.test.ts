import type { LookupAddress } from "node:dns";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LookUp } from "../../src/adapters/undici/checked-addresses.ts";
import { listen, serve } from "../adapters/undici/hostile-server.ts";
import { makeCertificate } from "../adapters/undici/make-certificate.ts";
import { sendStep } from "./step.ts";

const METADATA = "169.254.169.254";
const addresses = (...list: readonly string[]): LookupAddress[] =>
  list.map((address) => ({ address, family: isIP(address) }));

/** A name server that answers one list after the other, the last one for ever; it counts the questions. */
function nameServer(...answers: readonly (readonly string[])[]): { readonly lookUp: LookUp; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async lookUp(host) {
      asked.push(host);
      return addresses(...(answers[Math.min(asked.length, answers.length) - 1] ?? []));
    },
  };
}

/** A server on 127.0.0.1 that counts its requests, and its port. */
async function counting(): Promise<{ readonly port: string; readonly requests: string[] }> {
  const requests: string[] = [];
  const origin = await serve((request, response) => {
    requests.push(String(request.headers.host));
    response.end("reached");
  });
  return { port: new URL(origin).port, requests };
}

const refused = (words: string) => ({ status: "error", attempts: 1, error: expect.stringContaining(words) });

describe("the address that a name leads to", () => {
  test.each([
    ["link-local", "169.254.1.1"],
    ["metadata", METADATA],
    ["metadata over IPv6", "fd00:ec2::254"],
    ["link-local IPv6", "fe80::1"],
    ["multicast", "224.0.0.1"],
    ["0.0.0.0/8", "0.0.0.0"],
    ["an IPv4 address in IPv6", "::ffff:169.254.169.254"],
    ["an IPv4 address behind NAT64", "64:ff9b::a9fe:a9fe"],
  ])("row 51: of %s is refused in the look-up of the connection", async (_, address) => {
    const { lookUp } = nameServer([address]);
    const { step } = await sendStep({ url: "http://harmless.test/" }, { client: { lookUp } });
    expect(step).toMatchObject(refused(`harmless.test (${address}) is refused`));
  });

  test("row 51: that is wrong beside others that are right is refused", async () => {
    const { port, requests } = await counting();
    const { lookUp } = nameServer(["127.0.0.1", METADATA]);
    const { step } = await sendStep({ url: `http://two.test:${port}/` }, { client: { lookUp } });
    expect(step).toMatchObject(refused(`two.test (${METADATA}) is refused`));
    expect(requests).toEqual([]);
  });

  test("row 51: that changes between the check and the connection is never asked for: one answer is checked and used", async () => {
    const { port, requests } = await counting();
    const { lookUp, asked } = nameServer(["127.0.0.1"], [METADATA]);
    const { step } = await sendStep({ url: `http://rebinding.test:${port}/` }, { client: { lookUp } });
    expect(step).toMatchObject({ status: "ok", responseSample: "reached" });
    expect(asked).toEqual(["rebinding.test"]);
    expect(requests).toEqual([`rebinding.test:${port}`]);
  });

  test("row 51: that changes the other way round is refused by the first answer", async () => {
    const { port, requests } = await counting();
    const { lookUp } = nameServer([METADATA], ["127.0.0.1"]);
    const { step } = await sendStep({ url: `http://rebinding.test:${port}/` }, { client: { lookUp } });
    expect(step).toMatchObject(refused("rebinding.test"));
    expect(requests).toEqual([]);
  });

  test("row 51: is checked again at each hop of a redirect", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.writeHead(302, { Location: "/again" });
      response.end();
    });
    const { lookUp } = nameServer(["127.0.0.1"], ["127.0.0.1"], [METADATA]);
    const url = `http://rebinding.test:${new URL(origin).port}/`;
    expect((await sendStep({ url }, { client: { lookUp } })).step).toMatchObject(refused("rebinding.test"));
    expect(requests).toBe(2);
  });

  test("row 51: is checked again at each attempt", async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(500);
      response.end();
    });
    const { lookUp } = nameServer(["127.0.0.1"], [METADATA]);
    const action = { url: `http://rebinding.test:${new URL(origin).port}/`, retry: { retries: 5, delayMs: 0 } };
    expect((await sendStep(action, { client: { lookUp } })).step).toMatchObject({
      ...refused("is refused"),
      attempts: 2,
    });
  });

  test("row 51: of a name that does not exist is an error that names it, and may be tried again", async () => {
    const { step } = await sendStep({ url: "http://nowhere.invalid/", retry: { retries: 1, delayMs: 0 } });
    expect(step).toMatchObject({
      status: "error",
      attempts: 2,
      error: expect.stringMatching(
        /^(no such host: nowhere\.invalid|the name server gave no answer for nowhere\.invalid)$/,
      ),
    });
  });

  test("row 51: that a name server takes for ever to say meets the time limit, and nothing is sent when it comes", async () => {
    const { port, requests } = await counting();
    let answer: (list: LookupAddress[]) => void = () => {};
    const lookUp: LookUp = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const { step } = await sendStep({ url: `http://slow.test:${port}/`, timeoutMs: 200 }, { client: { lookUp } });
    expect(step).toMatchObject(refused("timed out after 0.2 s"));
    answer(addresses("127.0.0.1"));
    // A request of its own, made after it, would have come second.
    await sendStep({ url: `http://127.0.0.1:${port}/` });
    expect(requests).toEqual([`127.0.0.1:${port}`]);
  });

  test("row 51: may be of a family that does not answer when another one does", async () => {
    const { port } = await counting();
    const { lookUp } = nameServer(["::1", "127.0.0.1"]);
    expect((await sendStep({ url: `http://both.test:${port}/` }, { client: { lookUp } })).step).toMatchObject({
      status: "ok",
    });
  });
});

describe("a host as it is written", () => {
  test.each([
    "http://0x7f.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://017700000001",
    "http://127.1",
    "http://127.0.0.1.",
    "http://localhost",
    "http://[::1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://①②⑦.⓪.⓪.①",
  ])("row 55: %s is checked as the address that it means", async (host) => {
    const { step } = await sendStep({ url: `${host}:1/` }, { egress: { publicOnly: true } });
    expect(step).toMatchObject(refused("egress.public_only keeps to public addresses"));
  });

  test.each(["http://0xa9fea9fe/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://[::ffff:a9fe:a9fe]/"])(
    "row 55: %s is the metadata service, and refused",
    async (url) => {
      expect((await sendStep({ url })).step).toMatchObject(refused("link-local, metadata"));
    },
  );

  test.each(["http://256.1.1.1/", "http://1.2.3.4.5/", "http://0x1ffffffff/", "http://[::1", "http://exa mple/"])(
    "row 55: %s is no URL",
    async (url) => {
      expect((await sendStep({ url })).step).toMatchObject({
        status: "error",
        error: expect.stringContaining("is not a URL"),
      });
    },
  );

  test("row 55: an IPv6 literal is checked without its brackets", async () => {
    const { port } = await counting();
    const denied = { egress: { denyNets: ["::1/128"] } };
    expect((await sendStep({ url: `http://[::1]:${port}/` }, denied)).step).toMatchObject(
      refused("::1 is refused: it lies in egress.deny_nets"),
    );
  });

  test("row 55: a name in letters of any language is looked up in its ASCII form and shown as it was written", async () => {
    const { lookUp, asked } = nameServer([METADATA]);
    const { step } = await sendStep({ url: "http://BÜCHER.test/" }, { client: { lookUp } });
    expect(asked).toEqual(["xn--bcher-kva.test"]);
    expect(step).toMatchObject(refused("bücher.test"));
  });

  test.each(["http://user@127.0.0.1/", "http://user:hunter2@127.0.0.1/", "http://:hunter2@127.0.0.1/"])(
    "row 55: %s with its user info is refused before anything is sent",
    async (url) => {
      const { step } = await sendStep({ url });
      expect(step).toMatchObject({ status: "error", error: expect.stringContaining("user name or password") });
      expect(step?.error).not.toContain("hunter2");
    },
  );
});

describe("the policy of the machine", () => {
  test("refuses the fleet's MongoDB by whatever name, at its port alone", async () => {
    const { port, requests } = await counting();
    const other = await counting();
    const { lookUp } = nameServer(["127.0.0.1"]);
    for (const known of [`127.0.0.1:${port}`, `localhost:${port}`, `db.test:${port}`]) {
      const client = { lookUp, mongodbHosts: () => [known] };
      for (const host of ["127.0.0.1", "localhost", "127.0.0.2", "alias.test", "[::ffff:127.0.0.1]"]) {
        const { step } = await sendStep({ url: `http://${host}:${port}/` }, { client });
        expect({ known, host, step }).toMatchObject({ step: refused("it is the fleet's MongoDB") });
      }
      const { step } = await sendStep({ url: `http://127.0.0.1:${other.port}/` }, { client });
      expect(step).toMatchObject({ status: "ok" });
    }
    expect(requests).toEqual([]);
  });

  test("refuses what allow_hosts does not list, before its name is looked up", async () => {
    const { lookUp, asked } = nameServer(["127.0.0.1"]);
    const surroundings = { egress: { allowHosts: ["*.allowed.test"] }, client: { lookUp } };
    const { step } = await sendStep({ url: "http://other.test/" }, surroundings);
    expect(step).toMatchObject(refused("other.test is refused: egress.allow_hosts does not list it"));
    expect(asked).toEqual([]);
  });

  test("lets metadata through when allow_hosts names it, and not by a pattern", async () => {
    const { lookUp } = nameServer([METADATA]);
    const attempt = async (allowHosts: readonly string[]) =>
      (await sendStep({ url: "http://meta.test:1/", timeoutMs: 100 }, { egress: { allowHosts }, client: { lookUp } }))
        .step;
    expect((await attempt(["*.test"]))?.error).toContain("is refused: link-local, metadata");
    // It is asked for and, here, not there.
    expect((await attempt(["meta.test"]))?.error).not.toContain("is refused");
  });

  test("refuses what lies in deny_nets also when allow_hosts names it", async () => {
    const { port, requests } = await counting();
    const egress = { allowHosts: ["127.0.0.1"], denyNets: ["127.0.0.0/8"] };
    const { step } = await sendStep({ url: `http://127.0.0.1:${port}/` }, { egress });
    expect(step).toMatchObject(refused("it lies in egress.deny_nets"));
    expect(requests).toEqual([]);
  });
});

describe("a certificate", () => {
  const DAY_MS = 86_400_000;
  const at = (days: number) => new Date(Date.now() + days * DAY_MS);
  const authority = makeCertificate({ host: "Nobody's Authority" });

  test.each([
    ["self-signed", makeCertificate({ host: "localhost" }), "its certificate is self-signed"],
    ["of an unknown authority", makeCertificate({ host: "localhost", issuer: authority }), "an authority unknown here"],
    [
      "expired",
      makeCertificate({ host: "localhost", notBefore: at(-2), notAfter: at(-1) }),
      "its certificate has expired",
    ],
    [
      "not valid yet",
      makeCertificate({ host: "localhost", notBefore: at(1), notAfter: at(2) }),
      "its certificate is not valid yet",
    ],
    ["for another name", makeCertificate({ host: "other.test" }), "its certificate is for another name"],
    ["for another address", makeCertificate({ host: "127.0.0.2" }), "its certificate is for another name"],
  ])("row 46: that is %s is a step error in plain words, and nothing is sent", async (what, { key, cert }, words) => {
    let requests = 0;
    const server = createServer({ key, cert }, (_request, response) => {
      requests++;
      response.end();
    });
    const port = await listen(server, () => server.closeAllConnections());
    // Trusted where something else than its origin is wrong with it.
    const isTrusted = !what.startsWith("self-signed") && !what.startsWith("of an unknown");
    const ca = isTrusted ? { egress: { caFile: await caFileOf(cert) } } : {};
    const { step } = await sendStep({ url: `https://localhost:${port}/`, headers: { "X-Key": "{{API_KEY}}" } }, ca);
    expect(step).toMatchObject({ status: "error", attempts: 1, error: expect.stringContaining(words) });
    expect(step?.error).toMatch(new RegExp(`^no secure connection to localhost:${port}: `));
    expect(requests).toBe(0);
  });

  test("row 46: of a host that speaks no TLS is a step error in plain words", async () => {
    const { port } = await counting();
    const { step } = await sendStep({ url: `https://127.0.0.1:${port}/` });
    expect(step).toMatchObject({ error: expect.stringContaining("it does not speak TLS as this machine does") });
  });

  test("row 45: over https is left for http only without a body and without credentials", async () => {
    const { key, cert } = makeCertificate({ host: "localhost" });
    let headers: unknown;
    const plain = await serve((request, response) => {
      ({ headers } = request);
      response.end("plain");
    });
    const server = createServer({ key, cert }, (_request, response) => {
      response.writeHead(307, { Location: plain });
      response.end();
    });
    const url = `https://localhost:${await listen(server, () => server.closeAllConnections())}/`;
    const ca = { egress: { caFile: await caFileOf(cert) } };
    const secret = { Authorization: "Bearer {{API_KEY}}" };
    expect((await sendStep({ url, method: "POST", body: { a: 1 } }, ca)).step).toMatchObject(
      refused("the body is not sent unencrypted"),
    );
    expect(headers).toBeUndefined();
    expect((await sendStep({ url, headers: secret }, ca)).step).toMatchObject({
      status: "ok",
      responseSample: "plain",
    });
    expect(headers).not.toHaveProperty("authorization");
  });
});

async function caFileOf(cert: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fleetcron-ca-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  await writeFile(file, cert);
  return file;
}
