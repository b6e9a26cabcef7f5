import { describe, expect, test } from "vitest";
import { FAILURE_CLASSES } from "../../src/model/retry.ts";
import { errorsOf, jobWith, parseWith, requestWith, warningsOf } from "./job-document.ts";

describe("the body of a request", () => {
  const POST = { method: "POST" };

  test("is JSON or text, a form, parts or bytes", () => {
    expect(requestWith({ ...POST, body: { a: [1] } })).toMatchObject({ body: { a: [1] } });
    expect(requestWith({ ...POST, form: { a: 1, b: ["x", null], c: "{{KEY}}" } })).toMatchObject({
      body: undefined,
      form: { a: 1, b: ["x", null], c: "{{KEY}}" },
    });
    const multipart = [
      { name: "meta", value: { a: 1 } },
      { name: "file", base64: "aGk=", filename: "a.txt", content_type: "text/plain" },
    ];
    expect(requestWith({ ...POST, multipart }).multipart).toEqual([
      { name: "meta", value: { a: 1 }, base64: undefined, filename: undefined, contentType: undefined },
      { name: "file", value: undefined, base64: "aGk=", filename: "a.txt", contentType: "text/plain" },
    ]);
    expect(requestWith({ ...POST, body_base64: "AAEC/w==" }).bodyBase64).toBe("AAEC/w==");
    expect(requestWith({ ...POST, body_base64: "{{BYTES}}" }).bodyBase64).toBe("{{BYTES}}");
    const manyMegabytes = Buffer.alloc(12_000_000, 7).toString("base64");
    expect(requestWith({ ...POST, body_base64: manyMegabytes }).bodyBase64 === manyMegabytes).toBe(true);
    expect(Object.keys(requestWith({ ...POST, form: {}, multipart: [] }))).not.toContain("form");
  });

  test.each([
    [{ body: "a", form: { b: 1 } }, ["/form  stands beside body; keep one of the two"]],
    [
      { form: { b: 1 }, multipart: [{ name: "a", value: 1 }], body_base64: "aGk=" },
      ["/multipart  stands beside form; keep one of the two", "/body_base64  stands beside form; keep one of the two"],
    ],
    [
      { form: { a: { b: 1 } } },
      ["/form/a  must be a text, a number, true, false, null or a list of them, got an object"],
    ],
    [{ form: "a=b" }, ['/form  must be an object, got "a=b"']],
    [{ body_base64: "a-b" }, ["/body_base64  is not base64"]],
    [{ body_base64: 5 }, ["/body_base64  must be a text, got 5"]],
    [{ multipart: [{ value: 1 }] }, ["/multipart/0/name  is missing; each part has a name"]],
    [{ multipart: [{ name: "a" }] }, ['/multipart/0  must hold either "value" or "base64"']],
    [{ multipart: [{ name: "a", value: 1, base64: "aGk=" }] }, ['/multipart/0  must hold either "value" or "base64"']],
    [{ multipart: [{ name: "a\r\nb", value: 1 }] }, ["/multipart/0/name  holds a line break"]],
    [{ multipart: [{ name: "a", value: 1, filename: 'x"\n' }] }, ["/multipart/0/filename  holds a line break"]],
    [{ multipart: { name: "a" } }, ["/multipart  must be a list, got an object"]],
    [{ multipart: [null] }, ["/multipart/0  must be an object, got null"]],
  ])("%j is told what is wrong with it", (fields, problems) => {
    expect(errorsOf(parseWith({ ...POST, ...fields }))).toEqual(problems.map((it) => expect.stringContaining(it)));
  });

  test.each([
    [{ body: 1 }, "/body"],
    [{ form: { a: 1 } }, "/form"],
    [{ body_base64: "aGk=" }, "/body_base64"],
  ])("%j is warned about with GET", (fields, path) => {
    expect(warningsOf(parseWith(fields))).toEqual([
      `${path}  is not sent with GET; choose another method, or use params`,
    ]);
  });
});

describe("auth", () => {
  test.each([
    [
      { type: "bearer", token: "{{T}}" },
      { type: "bearer", token: "{{T}}" },
    ],
    [
      { type: "basic", username: "me", password: "{{P}}" },
      { type: "basic", username: "me", password: "{{P}}" },
    ],
    [
      { type: "oauth1", key: "{{MAAS_KEY}}" },
      {
        type: "oauth1",
        signature: "PLAINTEXT",
        consumerKey: "",
        consumerSecret: "",
        token: "",
        tokenSecret: "",
        key: "{{MAAS_KEY}}",
        realm: undefined,
      },
    ],
    [
      {
        type: "oauth1",
        signature: "HMAC-SHA1",
        consumer_key: "ck",
        consumer_secret: "{{CS}}",
        token: "t",
        token_secret: "{{TS}}",
        realm: "r",
      },
      {
        type: "oauth1",
        signature: "HMAC-SHA1",
        consumerKey: "ck",
        consumerSecret: "{{CS}}",
        token: "t",
        tokenSecret: "{{TS}}",
        key: undefined,
        realm: "r",
      },
    ],
    [
      { type: "oauth2", token_url: "{{IDP}}/token", client_id: "me", client_secret: "{{S}}" },
      {
        type: "oauth2",
        tokenUrl: "{{IDP}}/token",
        clientId: "me",
        clientSecret: "{{S}}",
        scope: undefined,
        audience: undefined,
        clientAuth: "basic",
      },
    ],
  ])("of %j is read without a word", (auth, read) => {
    expect(requestWith({ auth }).auth).toEqual(read);
    expect(warningsOf(parseWith({ auth }))).toEqual([]);
  });

  test.each([
    [{}, "/type  is missing; write one of bearer, basic, oauth1, oauth2"],
    [{ type: "baerer" }, '/type  must be one of bearer, basic, oauth1, oauth2, got "baerer"; did you mean bearer?'],
    [{ type: "bearer" }, "/token  is missing"],
    [{ type: "bearer", token: "{{T}}\n" }, "/token  holds a line break"],
    [{ type: "bearer", token: "{{vars.}}" }, "/token  "],
    [{ type: "basic", password: "{{P}}" }, "/username  is missing"],
    [{ type: "basic", username: "a:b", password: "{{P}}" }, "/username  holds a colon"],
    [
      { type: "basic", username: "a", password: "{{P}}", passwort: 1 },
      "/passwort  unknown field; did you mean password?",
    ],
    [{ type: "oauth1" }, "/consumer_key  is missing"],
    [{ type: "oauth1", key: "{{K}}", token: "t" }, "/token  stands beside key; keep one of the two"],
    [{ type: "oauth1", key: "{{K}}", signature: "RSA" }, '/signature  must be one of PLAINTEXT, HMAC-SHA1, got "RSA"'],
    [{ type: "oauth2", client_id: "a", client_secret: "{{S}}" }, "/token_url  is missing"],
    [
      { type: "oauth2", token_url: "ftp://a/", client_id: "a", client_secret: "{{S}}" },
      "/token_url  must begin with http",
    ],
    ["bearer", '  must be an object, got "bearer"'],
  ])("%j is told what is wrong with it", (auth, problem) => {
    expect(errorsOf(parseWith({ auth }))).toEqual([expect.stringContaining(`/auth${problem}`)]);
  });

  test("with a secret in the job itself is warned about, and no message repeats it", () => {
    const auths = [
      { type: "bearer", token: "hunter2" },
      { type: "basic", username: "me", password: "hunter2" },
      { type: "oauth1", key: "a:b:hunter2" },
      { type: "oauth1", consumer_key: "a", consumer_secret: "hunter2" },
      { type: "oauth2", token_url: "https://a/", client_id: "me", client_secret: "hunter2" },
      { type: "oauth1", key: "a:hunter2" },
      { type: "bearer", token: 2345678 },
      { type: "bearer", token: ["hunter2"] },
    ];
    for (const auth of auths) {
      const notes = [...errorsOf(parseWith({ auth })), ...warningsOf(parseWith({ auth }))];
      expect(notes.length).toBeGreaterThan(0);
      expect(notes.join()).toMatch(/secrets|consumer:token:secret/);
      expect(notes.join()).not.toMatch(/hunter2|2345678/);
    }
    expect(warningsOf(parseWith({ auth: auths[0] }))).toEqual([
      '/auth/token  stands in the job itself, for everybody who reads jobs; put it into "secrets" of the config and write {{KEY}}',
    ]);
  });

  test("beside an Authorization header is ambiguous", () => {
    const fields = { auth: { type: "bearer", token: "{{T}}" }, headers: { authorization: "Bearer {{T}}" } };
    expect(errorsOf(parseWith(fields))).toEqual(["/auth  stands beside an Authorization header; keep one of the two"]);
  });

  test("of OAuth 2 without retries is warned about a kept token that is refused", () => {
    const auth = { type: "oauth2", token_url: "https://a/", client_id: "me", client_secret: "{{S}}" };
    const none = { retries: 0 };
    const warning = expect.stringMatching(
      /auth {2}has no retry, so a kept token that is refused meanwhile ends the step/,
    );
    const action = { type: "http", url: "https://a/", auth };
    expect(warningsOf(parseWith({ auth, retry: none }))).toEqual([warning]);
    expect(warningsOf(parseWith({ url: undefined, retry: none, actions: [action] }))).toEqual([warning]);
    const own = { ...action, retry: { retries: 1 } };
    expect(warningsOf(parseWith({ url: undefined, retry: none, actions: [own] }))).toEqual([]);
  });
});

describe("tls", () => {
  const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const KEY = "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n";

  test("is a private CA, a client certificate with its key among the secrets, or both", () => {
    expect(jobWith({ tls: { ca: PEM, cert: "{{CERT}}", key: "{{ KEY }}" } }).tls).toEqual({
      ca: PEM,
      cert: "{{CERT}}",
      key: "{{ KEY }}",
      insecure: false,
    });
    expect(jobWith({ tls: { insecure: false } })).not.toHaveProperty("tls");
  });

  test.each([
    [{ ca: "my ca" }, "/tls/ca  must be PEM"],
    [{ ca: `${PEM}${KEY}` }, '/tls/ca  holds a private key, for everybody who reads jobs; put it into "secrets"'],
    [{ cert: PEM, key: KEY }, '/tls/key  holds a private key, for everybody who reads jobs; put it into "secrets"'],
    [{ cert: PEM, key: "hunter2" }, "/tls/key  must be a template of a secret"],
    [{ cert: PEM, key: "{{run.id}}" }, "/tls/key  must be a template of a secret"],
    [{ cert: PEM, key: "a{{KEY}}" }, "/tls/key  must be a template of a secret"],
    [{ cert: PEM }, "/tls/cert  stands without key; a client certificate needs both"],
    [{ key: "{{KEY}}" }, "/tls/key  stands without cert; a client certificate needs both"],
    [{ ca: "{{vars.ca}}" }, "/tls/ca  {{vars.ca}} is not known here, before any action"],
    [{ ca: 5 }, "/tls/ca  must be a text"],
    [{ insecure: "yes" }, '/tls/insecure  must be true or false (without quotes), got "yes"'],
    [true, "/tls  must be an object, got true"],
  ])("%j is told what is wrong with it, without repeating a key", (tls, problem) => {
    const errors = errorsOf(parseWith({ tls }));
    expect(errors).toEqual([expect.stringContaining(problem)]);
    expect(errors.join()).not.toContain("hunter2");
  });

  test("that accepts any certificate is warned about, with what that means", () => {
    expect(jobWith({ tls: { insecure: true } }).tls).toMatchObject({ insecure: true });
    expect(warningsOf(parseWith({ tls: { insecure: true } }))).toEqual([
      "/tls/insecure  accepts any certificate: whoever sits between can read and change what is sent, secrets too; for a private CA use tls.ca instead",
    ]);
  });
});

describe("retry", () => {
  test("says how often, how fast, for what and for how long", () => {
    const retry = {
      retries: 3,
      delay_sec: 2,
      backoff: 2,
      max_delay_sec: 60,
      jitter: 0,
      on: ["5xx", "expect"],
      total_sec: 600,
    };
    const read = {
      retries: 3,
      delayMs: 2_000,
      backoff: 2,
      maxDelayMs: 60_000,
      jitter: 0,
      on: ["5xx", "expect"],
      totalMs: 600_000,
    };
    expect(jobWith({ retry }).retry).toEqual(read);
    expect(jobWith({ url: undefined, actions: [{ type: "http", url: "https://a/", retry }] }).actions[0]).toMatchObject(
      { retry: read },
    );
  });

  test.each([
    [{ max_delay_sec: -1 }, "/max_delay_sec  must be at least 0, got -1"],
    [{ max_delay_sec: 3_601 }, "/max_delay_sec  must be at most 3600, got 3601"],
    [{ jitter: 1.1 }, "/jitter  must be at most 1, got 1.1"],
    [{ total_sec: 0 }, "/total_sec  must be at least 1, got 0"],
    [{ on: "5xx" }, '/on  must be a list, got "5xx"'],
    [{ on: ["5XX"] }, `/on/0  must be one of ${FAILURE_CLASSES.join(", ")}, got "5XX"; did you mean 5xx?`],
    [{ on: [null] }, `/on/0  must be one of ${FAILURE_CLASSES.join(", ")}, got null`],
    [{ on: [500] }, `/on/0  must be one of ${FAILURE_CLASSES.join(", ")}, got 500`],
    [{ maxdelay_sec: 5 }, "/maxdelay_sec  unknown field; did you mean max_delay_sec?"],
  ])("%j is told what is wrong with it", (retry, problem) => {
    expect(errorsOf(parseWith({ retry }))).toEqual([expect.stringContaining(`/retry${problem}`)]);
  });

  test("takes 429 as a number too", () => {
    expect(jobWith({ retry: { on: [429, "429"] } }).retry).toEqual({ on: ["429", "429"] });
  });

  test("that repeats nothing, or shortens each pause, is warned about", () => {
    expect(warningsOf(parseWith({ retry: { on: [] } }))).toEqual([
      '/retry/on  is empty, so nothing is repeated; "retries": 0 says that',
    ]);
    expect(warningsOf(parseWith({ retry: { delay_sec: 60, max_delay_sec: 30 } }))).toEqual([
      "/retry/delay_sec  is more than max_delay_sec, so each pause is max_delay_sec",
    ]);
  });
});
