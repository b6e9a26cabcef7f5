import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Parsed } from "../../src/model/problem.ts";
import { type ConfigInput, type LoadedConfig, parseConfig } from "../../src/schema/config.ts";
import { describeConfig } from "../../src/schema/describe-config.ts";
import { errorsOf, valueOf, warningsOf } from "./job-document.ts";

const URI = "mongodb://localhost:27017";

const SECRET_FILES: Readonly<Record<string, string>> = { "/run/secrets/x": "from-file\n" };

function read(input: Partial<Omit<ConfigInput, "secretSources">>): Parsed<LoadedConfig> {
  const environment = input.environment ?? {};
  return parseConfig({
    text: undefined,
    flags: {},
    ...input,
    environment,
    secretSources: {
      env: (name) => environment[name],
      file: (path) => {
        const text = SECRET_FILES[path];
        return text === undefined ? { error: "no such file" } : { text };
      },
    },
  });
}

/** A file with a good URI and these settings. */
function fileWith(settings: Readonly<Record<string, unknown>>): Parsed<LoadedConfig> {
  return read({ text: JSON.stringify({ mongodb_uri: URI, ...settings }) });
}

describe("a config", () => {
  test("of the original is valid as it is", () => {
    const parsed = fileWith({
      db_name: "fleetcron",
      tz: "Asia/Seoul",
      max_serial: 10,
      http_defaults: { timeout_sec: 10, retry: { retries: 2, delay_sec: 3, backoff: 1.5 } },
      secrets: { API_KEY: "s3cret", NUMBER: 123456, LONG: 5 },
      max_order: 10,
      default_order: 1,
      order_field: "order",
    });
    expect(valueOf(parsed).config.fleet.maxSerial).toBe(10);
    expect([...valueOf(parsed).config.secrets]).toEqual([
      ["API_KEY", "s3cret"],
      ["NUMBER", "123456"],
      ["LONG", "5"],
    ]);
    expect(warningsOf(parsed)).toEqual([
      "/max_order  is of the original FleetCron and has no effect",
      "/default_order  is of the original FleetCron and has no effect",
      "/order_field  is of the original FleetCron and has no effect",
      "/secrets/LONG  is shorter than 4 characters, so it is not hidden in logs and samples",
    ]);
  });

  test("that names only the database gets the defaults of the design", () => {
    expect(valueOf(fileWith({})).config).toEqual({
      mongodbUri: URI,
      dbName: "fleetcron",
      fleet: {
        zone: "Asia/Seoul",
        maxSerial: 1_000,
        lease: { heartbeatMs: 3_000, ttlMs: 12_000, guardMs: 3_000, scanMs: 2_000 },
      },
      labels: {},
      secrets: new Map(),
      http: { timeoutMs: 10_000, retry: { retries: 2, delayMs: 3_000, backoff: 1.5 }, maxBodyBytes: 1_048_576 },
      egress: { allowHosts: [], denyNets: [], publicOnly: false, proxy: "env", caFile: undefined },
      runs: {
        maxConcurrent: 64,
        maxPerHost: 16,
        keepOkMs: 7 * 86_400_000,
        keepFailedMs: 30 * 86_400_000,
        stopGraceMs: 10_000,
      },
      commandPollMs: 10_000,
      log: { level: "info", format: "auto" },
    });
  });

  test("may limit the body of an answer to 4 KiB and no further", () => {
    expect(valueOf(fileWith({ http_defaults: { max_body_bytes: 4_096 } })).config.http.maxBodyBytes).toBe(4_096);
    expect(errorsOf(fileWith({ http_defaults: { max_body_bytes: 4_095 } }))).toEqual([
      expect.stringMatching(/^\/http_defaults\/max_body_bytes {2}.*4096/),
    ]);
  });

  test("may hold comments and a BOM", () => {
    const text = `\uFEFF// mine\n{ "mongodb_uri": "${URI}", "lease": { "heartbeat_sec": 0.3, "ttl_sec": 1.5, "guard_sec": 0.3 }, }`;
    expect(valueOf(read({ text })).config.fleet.lease.ttlMs).toBe(1_500);
  });

  test("that nobody gave is a problem with three ways out", () => {
    const [problem] = errorsOf(read({}));
    for (const way of ["fleetcron init", "FLEETCRON_MONGODB_URI", "--embedded"]) expect(problem).toContain(way);
    expect(errorsOf(read({ text: "{}" }))).toEqual([expect.stringContaining("/mongodb_uri  is missing: run ")]);
  });

  test("needs no file when environment or flags name the database", () => {
    expect(valueOf(read({ environment: { FLEETCRON_MONGODB_URI: URI } })).config.mongodbUri).toBe(URI);
    expect(valueOf(read({ flags: { embedded: true } })).config.mongodbUri).toBe("embedded");
    expect(valueOf(read({ flags: { uri: URI } })).config.mongodbUri).toBe(URI);
    expect(errorsOf(read({ flags: { uri: URI, embedded: true } }))).toEqual([
      "/mongodb_uri  --uri and --embedded exclude each other; keep one",
    ]);
  });

  test("takes a flag before the environment, that before the file, and says so", () => {
    const text = JSON.stringify({
      mongodb_uri: URI,
      db_name: "f",
      tz: "UTC",
      labels: { a: "f" },
      log: { level: "error" },
    });
    const environment = {
      FLEETCRON_DB: "e",
      FLEETCRON_TZ: "Europe/Berlin",
      FLEETCRON_LABELS: "site=seoul, role=db",
      FLEETCRON_LOG_LEVEL: "",
    };
    const { config, origins } = valueOf(read({ text, environment, flags: { db: "g" } }));
    expect(config).toMatchObject({
      dbName: "g",
      fleet: { zone: "Europe/Berlin" },
      labels: { site: "seoul", role: "db" },
      log: { level: "error" },
    });
    expect(Object.fromEntries(origins)).toMatchObject({
      "/mongodb_uri": "file",
      "/db_name": "flag",
      "/tz": "environment",
      "/labels/site": "environment",
      "/log/level": "file",
      "/log/format": "default",
      "/secrets": "default",
      "/lease/ttl_sec": "default",
    });
  });

  test("names the flag or variable that a problem comes from", () => {
    const parsed = read({
      flags: { uri: URI, tz: "Mars/Phobos" },
      environment: { FLEETCRON_LOG_LEVEL: "loud", FLEETCRON_LABELS: "site" },
    });
    expect(errorsOf(parsed)).toEqual([
      '/tz  (from --tz) must be a time zone such as "Europe/Berlin", got "Mars/Phobos"',
      "/labels  (from FLEETCRON_LABELS) must look like site=seoul,role=db",
      "/log/level  (from FLEETCRON_LOG_LEVEL) must be one of info, debug, warn, error, got a text",
    ]);
  });

  test("has all of its problems named at once", () => {
    const parsed = fileWith({
      mongodb_uri: "localhost",
      db_name: "a b",
      max_serial: "10",
      lease: { ttl_sec: 5 },
      secrets: { "a-b": "x", NONE: { env: "ABSENT" }, GONE: { file: "/nowhere" }, EMPTY: null },
      egress: { deny_nets: ["10.0.0.0/33"], proxy: "socks://x" },
      runs: { max_concurrent: 0 },
      labelss: {},
    });
    expect(errorsOf(parsed)).toEqual([
      "/labelss  unknown field; did you mean labels?",
      "/max_serial  must be a whole number from 1 to 10000, got a text",
      expect.stringContaining("/mongodb_uri  must begin with mongodb://"),
      expect.stringContaining("/db_name  must be at most 63 bytes"),
      "/lease  ttl_sec must be at least 3 · heartbeat_sec + guard_sec = 12, got 5",
      expect.stringContaining("/secrets/a-b  is not a secret name"),
      "/secrets/NONE/env  the environment variable ABSENT is not set; set it for the agent",
      "/secrets/GONE/file  the file /nowhere can't be read: no such file",
      expect.stringContaining("/secrets/EMPTY  must be a text, a number"),
      expect.stringContaining("/egress/deny_nets  must hold nets such as"),
      expect.stringContaining('/egress/proxy  must be "env", "none" or a URL'),
      "/runs/max_concurrent  must be at least 1, got 0",
    ]);
  });

  test.each([0, -1, 1.5, 1e7, "10", true, 10_001])("can't have %j serials", (max_serial) => {
    expect(errorsOf(fileWith({ max_serial }))).toEqual([expect.stringContaining("/max_serial  must be ")]);
  });

  test("keeps the lease rule exactly", () => {
    const seconds = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(seconds, seconds, seconds, (heartbeat_sec, ttl_sec, guard_sec) => {
        const parsed = fileWith({ lease: { heartbeat_sec, ttl_sec, guard_sec } });
        expect(parsed.ok).toBe(ttl_sec >= 3 * heartbeat_sec + guard_sec);
      }),
    );
  });

  test.each(["", "  ", "{", "not json", "[1]", "null", "7"])("file that holds %j is a problem", (text) => {
    expect(errorsOf(read({ text, flags: { uri: URI } })).length).toBeGreaterThan(0);
  });

  test("file that is far too large is not even read", () => {
    expect(errorsOf(read({ text: " ".repeat(2_000_000) }))).toEqual([
      "  is larger than 1048576 bytes, so it is no config file",
    ]);
  });

  test("with a dashboard is warned that there is none", () => {
    expect(warningsOf(fileWith({ web: { enabled: true, listen: "127.0.0.1:8470" } }))).toEqual([
      "/web/enabled  this version has no dashboard; set it to false",
    ]);
    expect(warningsOf(fileWith({ web: { enabled: false } }))).toEqual([]);
  });
});

describe("secrets", () => {
  test("come from the file itself, from the environment and from files", () => {
    const text = JSON.stringify({
      mongodb_uri: URI,
      secrets: { A: "text", B: 123456789, C: { env: "X" }, D: { file: "/run/secrets/x" } },
    });
    const { config } = valueOf(read({ text, environment: { X: "from-env" } }));
    expect([...config.secrets.values()]).toEqual(["text", "123456789", "from-env", "from-file"]);
  });

  test.each([
    [{}, 'must hold either "env" or "file"'],
    [{ env: "X", file: "/x" }, 'must hold either "env" or "file"'],
    [{ fil: "/x" }, "did you mean file?"],
    [true, "must be a text"],
    [["x"], "must be a text"],
  ])("can't be %j", (secret, problem) => {
    expect(errorsOf(fileWith({ secrets: { A: secret } }))[0]).toContain(problem);
  });

  test("and passwords are in no message and in no description, wherever they are written", () => {
    const password = fc.stringMatching(/^pw[a-z0-9@/:?#]{6,12}$/);
    const place = fc.constantFrom(
      "mongodb_uri",
      "db_name",
      "max_serial",
      "labels",
      "secrets",
      "log",
      "tz",
      "lease",
      "web",
    );
    fc.assert(
      fc.property(password, place, fc.constantFrom("plain", "uri", "nested"), (secret, name, form) => {
        const uri = `mongodb://user:${secret}@host/db`;
        const value = form === "plain" ? secret : form === "uri" ? uri : { A: { env: { deep: secret } }, level: uri };
        fc.pre(name !== "tz" || form !== "plain");
        const parsed = fileWith({
          secrets: { KEY: secret },
          egress: { proxy: `http://u:${secret}@proxy:3128` },
          [name]: value,
        });
        const shown = parsed.ok ? describeConfig(parsed.value.config) : parsed.problems;
        // Labels and names are meant to be seen.
        fc.pre(!parsed.ok || name !== "db_name");
        expect(JSON.stringify(shown)).not.toContain(secret);
      }),
    );
  });

  test("are shown by name only, and of URIs only the hosts", () => {
    const { config } = valueOf(
      fileWith({
        mongodb_uri: "mongodb://user:hunter2@a:1,b:2/db",
        secrets: { KEY: "hunter2" },
        egress: { proxy: "http://me:hunter2@proxy:3128" },
      }),
    );
    expect(describeConfig(config)).toMatchObject({
      mongodb_uri: "hosts: a:1, b:2",
      secrets: { KEY: "(set)" },
      egress: { proxy: "host: proxy:3128" },
      lease: { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 },
      runs: { keep_ok_days: 7 },
    });
  });
});

describe("http_defaults.retry", () => {
  const retry = { retries: 1, delay_sec: 2, backoff: 1, max_delay_sec: 60, jitter: 0, on: ["network"], total_sec: 600 };

  test("has all that a job can say, and is shown with it", () => {
    const { config } = valueOf(fileWith({ http_defaults: { retry } }));
    const read = {
      retries: 1,
      delayMs: 2_000,
      backoff: 1,
      maxDelayMs: 60_000,
      jitter: 0,
      on: ["network"],
      totalMs: 600_000,
    };
    expect(config.http.retry).toEqual(read);
    expect(describeConfig(config)).toMatchObject({ http_defaults: { retry } });
  });

  test("that is wrong is a problem with its place", () => {
    expect(errorsOf(fileWith({ http_defaults: { retry: { on: ["sometimes"], total_sec: 0 } } }))).toEqual([
      expect.stringContaining("/http_defaults/retry/on/0  must be one of network,"),
      "/http_defaults/retry/total_sec  must be at least 1, got 0",
    ]);
  });
});

describe("the example of a config", () => {
  test("is valid without a word", () => {
    const text = readFileSync(new URL("../../fleetcron.config.example.json", import.meta.url), "utf8");
    const secretSources = { env: () => "from the environment", file: () => ({ text: "from a file" }) };
    const parsed = parseConfig({ text, flags: {}, environment: {}, secretSources });
    expect(errorsOf(parsed)).toEqual([]);
    expect(warningsOf(parsed)).toEqual([]);
    expect(valueOf(parsed).config.http.retry).toMatchObject({ maxDelayMs: 3_600_000, jitter: 0.1 });
  });
});
