import { describe, expect, test } from "vitest";
import type { Authorized } from "../../../src/chain/request/authorize.ts";
import { createTokenCache } from "../../../src/chain/request/token-cache.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import type { OAuth2Auth } from "../../../src/model/auth.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { HttpOutcome, HttpRequest } from "../../../src/ports/http-client.ts";
import { answered, authorized, authPorts, NOW, problemOf, request, scripted } from "./auth-fixture.ts";

const auth: OAuth2Auth = {
  type: "oauth2",
  tokenUrl: "{{AUTH_URL}}/token",
  clientId: "client 1",
  clientSecret: "{{CLIENT_SECRET}}",
  scope: "read write",
  audience: undefined,
  clientAuth: "basic",
};
const secrets = { AUTH_URL: "https://auth.test:8443", CLIENT_SECRET: "s3cr&t:é", OTHER: "another secret" };

/** A token server that gives t1, t2 … for an hour, and an agent with a clock of its own. */
function fleet(answer?: (asked: HttpRequest, nth: number) => HttpOutcome | Promise<HttpOutcome>) {
  const clock = { at: NOW as number };
  const { http, sent } = scripted(
    answer ?? ((_asked, nth) => answered(200, { access_token: `t${nth}`, token_type: "Bearer", expires_in: 3600 })),
  );
  const ports = authPorts({ http, now: () => clock.at as EpochMs });
  const ask = (changes: Partial<OAuth2Auth> = {}, asked: Partial<HttpRequest> = {}, signal?: AbortSignal) =>
    authorized(
      { ...auth, ...changes },
      { secrets, ports, request: request(asked), ...(signal === undefined ? {} : { signal }) },
    );
  return { ask, sent, clock, ports };
}

function tokenOf(made: Authorized): string {
  return made.ok ? String(made.request.headers["authorization"]) : made.error;
}

describe("a token", () => {
  test("is asked for by client credentials, the client named as RFC 6749 writes it", async () => {
    const { ask, sent } = fleet();
    expect(tokenOf(await ask({ audience: "https://api.test" }))).toBe("Bearer t1");
    const pair = Buffer.from("client+1:s3cr%26t%3A%C3%A9").toString("base64");
    expect(sent).toEqual([
      {
        method: "POST",
        url: "https://auth.test:8443/token",
        headers: {
          accept: "application/json",
          "content-type": "application/x-www-form-urlencoded",
          authorization: `Basic ${pair}`,
        },
        body: "grant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi.test",
        timeoutMs: 10_000,
        redirects: 0,
        maxBodyBytes: 65_536,
      },
    ]);
  });

  test("is asked for with the client in the body where the job says so", async () => {
    const { ask, sent } = fleet();
    await ask({ clientAuth: "body", scope: undefined });
    expect(sent[0]?.headers).not.toHaveProperty("authorization");
    expect(sent[0]?.body).toBe("grant_type=client_credentials&client_id=client+1&client_secret=s3cr%26t%3A%C3%A9");
  });

  test("is asked for over the TLS of the request itself", async () => {
    const { ask, sent } = fleet();
    const tls = { ca: "CA", cert: undefined, key: undefined, insecure: false };
    await ask({}, { tls });
    expect(sent[0]?.tls).toEqual(tls);
  });

  test("is a secret to redact", async () => {
    const { ask } = fleet();
    expect(await ask()).toMatchObject({ ok: true, secrets: ["t1"] });
  });
});

describe("a kept token", () => {
  test("serves until shortly before it expires, then another is fetched", async () => {
    const { ask, clock, sent } = fleet();
    expect(await ask()).toMatchObject({ usedKeptToken: false });
    clock.at += 3_569_999;
    expect(await ask()).toMatchObject({ usedKeptToken: true });
    clock.at += 1;
    expect(tokenOf(await ask())).toBe("Bearer t2");
    expect(sent).toHaveLength(2);
  });

  test("of a short life is given up a tenth of it before its end", async () => {
    const { ask, clock } = fleet((_asked, nth) => answered(200, { access_token: `t${nth}`, expires_in: "60" }));
    await ask();
    clock.at += 53_999;
    expect(tokenOf(await ask())).toBe("Bearer t1");
    clock.at += 1;
    expect(tokenOf(await ask())).toBe("Bearer t2");
  });

  test("whose server says no life is kept five minutes", async () => {
    const { ask, clock } = fleet((_asked, nth) => answered(200, { access_token: `t${nth}` }));
    await ask();
    clock.at += 299_999;
    expect(tokenOf(await ask())).toBe("Bearer t1");
    clock.at += 1;
    expect(tokenOf(await ask())).toBe("Bearer t2");
  });

  test("that expires at once is used once", async () => {
    const { ask, sent } = fleet((_asked, nth) => answered(200, { access_token: `t${nth}`, expires_in: 0 }));
    expect([tokenOf(await ask()), tokenOf(await ask())]).toEqual(["Bearer t1", "Bearer t2"]);
    expect(sent).toHaveLength(2);
  });

  test("is not trusted after the clock went back", async () => {
    const { ask, clock } = fleet();
    await ask();
    clock.at -= 1;
    expect(tokenOf(await ask())).toBe("Bearer t2");
  });

  test("that a target refused is forgotten, and a later one is not forgotten in its place", async () => {
    const { ask } = fleet();
    const first = await ask();
    if (first.ok) first.drop();
    expect(tokenOf(await ask())).toBe("Bearer t2");
    if (first.ok) first.drop();
    expect(await ask()).toMatchObject({ usedKeptToken: true });
  });

  test.each<[string, Partial<OAuth2Auth>, Partial<HttpRequest>]>([
    ["token server", { tokenUrl: "https://other.test/token" }, {}],
    ["client", { clientId: "client 2" }, {}],
    ["client secret", { clientSecret: "{{OTHER}}" }, {}],
    ["scope", { scope: "read" }, {}],
    ["audience", { audience: "x" }, {}],
    ["TLS", {}, { tls: { ca: undefined, cert: undefined, key: undefined, insecure: true } }],
  ])("is not used for another %s", async (_what, changes, asked) => {
    const { ask } = fleet();
    await ask();
    expect(tokenOf(await ask(changes, asked))).toBe("Bearer t2");
    expect(tokenOf(await ask())).toBe("Bearer t1");
  });
});

/** A token server that waits until it is told what to answer. */
function slowServer() {
  const waiting: ((outcome: HttpOutcome) => void)[] = [];
  const it = fleet(() => new Promise((resolve) => waiting.push(resolve)));
  const answer = (outcome: HttpOutcome): void => waiting.shift()?.(outcome);
  return { ...it, answer };
}
const good = (token: string) => answered(200, { access_token: token, expires_in: 3600 });

describe("many steps that ask at once", () => {
  test("share one fetch", async () => {
    const { ask, sent, answer } = slowServer();
    const asked = Array.from({ length: 100 }, () => ask());
    answer(good("shared"));
    const tokens = (await Promise.all(asked)).map(tokenOf);
    expect(new Set(tokens)).toEqual(new Set(["Bearer shared"]));
    expect(sent).toHaveLength(1);
  });

  test("share its failure, and the next one asks anew", async () => {
    const { ask, sent, answer } = slowServer();
    const asked = [ask(), ask(), ask()];
    answer(answered(503, "down"));
    for (const made of await Promise.all(asked)) {
      expect(made).toMatchObject({ ok: false, failureClass: "5xx", statusCode: 503 });
    }
    const again = ask();
    answer(good("later"));
    expect(tokenOf(await again)).toBe("Bearer later");
    expect(sent).toHaveLength(2);
  });

  test("go on without the one that is cancelled, also when the fetch was its own", async () => {
    const { ask, sent, answer } = slowServer();
    const control = new AbortController();
    const first = ask({}, {}, control.signal);
    const others = [ask(), ask()];
    control.abort();
    expect(await first).toMatchObject({ ok: false, isBrokenOff: true });
    // As the client answers who is broken off.
    answer({ kind: "failure", cause: "aborted", message: "the request was broken off", elapsedMs: 5 });
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(2);
    answer(good("theirs"));
    expect((await Promise.all(others)).map(tokenOf)).toEqual(["Bearer theirs", "Bearer theirs"]);
  });

  test("and one that is cancelled while it waits for the fetch of another ends at once", async () => {
    const { ask, answer } = slowServer();
    const first = ask();
    const control = new AbortController();
    const second = ask({}, {}, control.signal);
    control.abort();
    expect(await second).toMatchObject({ ok: false, isBrokenOff: true });
    answer(good("t"));
    expect(tokenOf(await first)).toBe("Bearer t");
  });
});

describe("the time limit", () => {
  test("is one for the fetch and the request", async () => {
    const { ask } = fleet(() => answered(200, { access_token: "t" }, 7_000));
    const made = await ask({}, { timeoutMs: 10_000 });
    expect(made.ok && made.request.timeoutMs).toBe(3_000);
    const kept = await ask({}, { timeoutMs: 10_000 });
    expect(kept.ok && kept.request.timeoutMs).toBe(10_000);
  });

  test("that a fetch of another used up is a time-out", async () => {
    const { ask, clock, answer } = slowServer();
    const first = ask({}, { timeoutMs: 60_000 });
    const second = ask({}, { timeoutMs: 10_000 });
    clock.at += 10_000;
    answer(answered(200, { access_token: "t" }, 10_000));
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toMatchObject({
      ok: false,
      failureClass: "timeout",
      error: "timed out after 10 s: the token was not there in time",
    });
  });
});

describe("a fetch that fails", () => {
  test.each<[string, HttpOutcome, string, object]>([
    [
      "refused by the policy",
      { kind: "failure", cause: "refused", message: "auth.test is refused", elapsedMs: 0 },
      "no token from auth.test:8443: auth.test is refused",
      { failureClass: undefined },
    ],
    [
      "without a connection",
      { kind: "failure", cause: "network", message: "connection refused by auth.test:8443", elapsedMs: 0 },
      "no token from auth.test:8443: connection refused by auth.test:8443",
      { failureClass: "network" },
    ],
    [
      "too late",
      { kind: "failure", cause: "timeout", message: "timed out after 10 s", elapsedMs: 0 },
      "no token from auth.test:8443: timed out after 10 s",
      { failureClass: "timeout" },
    ],
    [
      "by a wrong client",
      answered(401, { error: "invalid_client", error_description: "unknown\nclient" }),
      "no token from auth.test:8443: HTTP 401 (invalid_client: unknown client)",
      { failureClass: "4xx", statusCode: 401 },
    ],
    ["by a busy server", answered(429, ""), "no token from auth.test:8443: HTTP 429", { failureClass: "429" }],
    ["by a redirect", answered(302, ""), "no token from auth.test:8443: HTTP 302", { failureClass: "expect" }],
    [
      "by a page",
      answered(200, "<html>"),
      "no token from auth.test:8443: its answer is not a JSON object",
      { failureClass: "expect", statusCode: 200 },
    ],
    [
      "by an answer without a token",
      answered(200, { token: "t" }),
      "no token from auth.test:8443: its answer has no access_token",
      {},
    ],
    [
      "by a token of another type",
      answered(200, { access_token: "t", token_type: "mac" }),
      "no token from auth.test:8443: its answer is a token of another type: only bearer tokens can be used",
      {},
    ],
    [
      "by a token with a line break",
      answered(200, { access_token: "t\r\nX-Evil: 1" }),
      "no token from auth.test:8443: its answer has an access_token that can't stand in a header",
      {},
    ],
    [
      "by 60,000 brackets",
      answered(200, "[".repeat(60_000)),
      "no token from auth.test:8443: its answer is not a JSON object",
      {},
    ],
  ])("%s says so", async (_what, outcome, error, facts) => {
    expect(await fleet(() => outcome).ask()).toMatchObject({ ok: false, error, ...facts });
  });

  test("shows nothing of the secret that a server repeats, in whatever form", async () => {
    const redactor = createRedactor(new Map(Object.entries(secrets)));
    for (const echo of ["s3cr&t:é", "s3cr%26t%3A%C3%A9", Buffer.from("client+1:s3cr&t:é").toString("base64")]) {
      const made = await fleet(() => answered(400, { error: `wrong: ${echo}` })).ask();
      const error = made.ok ? "" : made.error;
      expect(error).toMatch(/wrong: .*\[secret client_secret\]/);
      expect(redactor.redact(error)).not.toContain(echo);
    }
  });

  test("because nothing may be sent any more is no failure of the step", async () => {
    const outcome: HttpOutcome = { kind: "failure", cause: "aborted", message: "broken off", elapsedMs: 0 };
    expect(await fleet(() => outcome).ask()).toMatchObject({ ok: false, isBrokenOff: true, failureClass: undefined });
  });
});

test.each([
  ["{{GONE}}/token", "{{GONE}} is not among the secrets"],
  ["ftp://auth.test/", "auth.token_url is of another kind"],
  ["https://a:b@auth.test/", "auth.token_url holds a user name or password"],
  ["auth.test", "is not a URL"],
])("a token_url such as %s is a problem before anything is sent", async (tokenUrl, words) => {
  const { ports, sent } = fleet();
  expect(await problemOf({ ...auth, tokenUrl }, { secrets, ports })).toContain(words);
  expect(sent).toEqual([]);
});

test("no more than 1,000 tokens are kept, the latest of them", async () => {
  const cache = createTokenCache();
  let fetches = 0;
  const ask = (key: string) =>
    cache.obtain(
      key,
      () => NOW,
      async () => ({ kind: "token", token: `t${++fetches}`, keepMs: 1_000 }),
    );
  for (let n = 0; n <= 1_000; n++) await ask(String(n));
  expect(await ask("1")).toMatchObject({ wasKept: true });
  expect(await ask("0")).toMatchObject({ wasKept: false });
});
