import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { prepareDatabase } from "../../src/adapters/mongo/preparation.ts";
import { type LoadedConfig, loadConfig, refuseWarnings } from "../../src/compose/load-config.ts";
import { prepareFleet } from "../../src/compose/prepare-fleet.ts";
import type { AgentConfig } from "../../src/model/config.ts";
import { EXIT, ExitError } from "../../src/model/errors.ts";
import { leaseTiming } from "../../src/model/member.ts";
import type { Log, LogFacts } from "../../src/ports/log.ts";
import { machine, session } from "../conformance/samples.ts";
import { mongoStores, openTestDatabase } from "../conformance/worlds.ts";
import { runProgram } from "../support/agent-process.ts";
import { freshDatabase } from "../support/mongo.ts";

const PASSWORD = "tell-n0body";
const URI = "mongodb://db.example/";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetcron-config-"));
  file = join(folder, "fleetcron.config.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const flags = () => ({ config: file, uri: undefined, db: undefined, tz: undefined, embedded: false });

async function load(content: string | Readonly<Record<string, unknown>>, mode = 0o600): Promise<LoadedConfig> {
  await writeFile(file, typeof content === "string" ? content : JSON.stringify({ mongodb_uri: URI, ...content }));
  await chmod(file, mode);
  return loadConfig(flags(), {});
}

/** What is said to whoever starts an agent with this, which ends with exit code 2. */
async function refusal(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => expect.fail("the config was taken"),
    (err: unknown) => err,
  );
  expect(error).toBeInstanceOf(ExitError);
  expect(error).toMatchObject({ exitCode: EXIT.usage });
  const { message, hint } = error as ExitError;
  return `${message}\n${hint ?? ""}`;
}

describe("a config file that is no config", () => {
  test.each([
    ["not JSON", `{\n  "mongodb_uri": "mongodb://fleet:${PASSWORD}@db/"\n  "tz": "UTC"\n}`, "line 3, column 3"],
    ["cut off", `{ "mongodb_uri": "mongodb://fleet:${PASSWORD}@db/`, "line 1, column 18: a closing quote is missing"],
    ["empty", "", "is empty"],
    ["white space", " \n\t ", "is empty"],
    ["a list", `["${PASSWORD}"]`, "must be an object, got a list"],
    ["null", "null", "must be an object, got null"],
    ["nested without end", "[".repeat(100_000), "nested deeper than 250 levels"],
    ["twice the same field", `{ "tz": "UTC", "tz": "${PASSWORD}" }`, "is there twice; keep one"],
    ["a number with too many digits", '{ "secrets": { "PIN": 0.12345678901234567890 } }', "as a text in quotes"],
  ])("row 31: but %s is refused with its place, and nothing of it is repeated", async (_, text, words) => {
    const said = await refusal(load(text));
    expect(said).toContain(words);
    expect(said).not.toContain(PASSWORD);
  });

  test("row 31: but a folder is refused", async () => {
    await mkdir(file);
    expect(await refusal(loadConfig(flags(), {}))).toContain("is a folder");
  });

  test("row 31: but 100 MB is refused without being read", async () => {
    await writeFile(file, "{");
    await truncate(file, 100 * 1024 * 1024);
    const before = process.memoryUsage.rss();
    expect(await refusal(loadConfig(flags(), {}))).toContain("is over 1 MB");
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024);
  });
});

describe("a connection string", () => {
  test.each([
    ["db.example:27017", "must begin with mongodb://"],
    [`fleet:${PASSWORD}@db.example`, "must begin with mongodb://"],
    [`mongodb://fleet:p@ss/${PASSWORD}@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}@more@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}/more@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}?more@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}#more@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}:more@db.example/`, "percent-encode"],
    [`mongodb://fleet:${PASSWORD}%@db.example/`, "percent-encode"],
    [`mongodb://${PASSWORD}:port/`, "is no host"],
    ["mongodb://", "names no host"],
  ])("row 32: %s is refused before anybody connects, and nothing of it is repeated", async (mongodb_uri, words) => {
    const said = await refusal(load({ mongodb_uri }));
    expect(said).toContain("/mongodb_uri  ");
    expect(said).toContain(words);
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain("db.example");
  });
});

describe("settings of the fleet", () => {
  test.each([0, 1e7, -1, 1.5, "10", true])("row 33: max_serial %j is refused", async (max_serial) => {
    expect(await refusal(load({ max_serial }))).toContain("/max_serial  must be ");
  });

  test.each([
    [
      { heartbeat_sec: 3, ttl_sec: 11.9, guard_sec: 3 },
      "ttl_sec must be at least 3 · heartbeat_sec + guard_sec = 12, got 11.9",
    ],
    [{ ttl_sec: 5 }, "= 12, got 5"],
    [{ heartbeat_sec: 10 }, "= 33, got 12"],
    [{ guard_sec: 30 }, "= 39, got 12"],
  ])("row 36: the lease %o is refused with the rule", async (lease, words) => {
    expect(await refusal(load({ lease }))).toContain(words);
  });

  test("row 36: a lease that just keeps the rule is taken", async () => {
    expect((await load({ lease: { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 } })).config.fleet.lease.ttlMs).toBe(
      12_000,
    );
  });

  async function openFleet() {
    const { client, database, dispose } = await openTestDatabase();
    onTestFinished(dispose);
    await prepareDatabase(database.work);
    const stores = mongoStores(database);
    const { config } = await load({});
    const prepare = async (fleet: Partial<AgentConfig["fleet"]>) => {
      const { log, warnings } = listeningLog();
      const settings = await prepareFleet(database, stores, { ...config, fleet: { ...config.fleet, ...fleet } }, log);
      return { settings, warnings };
    };
    return { db: client.db(database.dbName), stores, prepare };
  }

  test("row 36: of the first agent hold for a second one that has others, which is warned", async () => {
    const { prepare } = await openFleet();
    const lease = leaseTiming(1_000, 6_000, 2_000);
    expect((await prepare({ lease })).warnings).toEqual([]);
    const second = await prepare({});
    expect(second.settings.lease).toEqual(lease);
    expect(second.warnings).toEqual([expect.objectContaining({ event: "settings_differ" })]);
  });

  test("row 33: with fewer serials than are in use are warned about, and take nobody's serial away", async () => {
    const { db, stores, prepare } = await openFleet();
    await prepare({ maxSerial: 5 });
    await stores.serials.prepare(5);
    for (const name of ["a", "b", "c"])
      await stores.serials.take(session(`session of ${name}`), machine(name), 5, 60_000);
    await db.collection<{ _id: string }>("fleet").updateOne({ _id: "settings" }, { $set: { max_serial: 1 } });
    const { settings, warnings } = await prepare({ maxSerial: 1 });
    expect(settings.maxSerial).toBe(1);
    expect(warnings).toEqual([{ event: "serials_beyond_max", max_serial: 1, serials: [2, 3] }]);
    expect(await stores.serials.readHeld()).toHaveLength(3);
  });
});

describe("a config file that every user may read", () => {
  const SECRETIVE = [
    { secrets: { API_KEY: PASSWORD } },
    { secrets: { PIN: 1234 } },
    { mongodb_uri: `mongodb://fleet:${PASSWORD}@db.example/` },
    { egress: { proxy: `http://me:${PASSWORD}@proxy.example:3128` } },
  ];
  test.each(SECRETIVE)(
    "row 34: is warned about while it holds secrets, and refused with --strict: %j",
    async (content) => {
      const loaded = await load(content, 0o644);
      expect(loaded.warnings).toEqual([
        {
          path: "",
          severity: "warning",
          message: `${file} holds secrets and can be read by every user of this machine; run chmod 600 on it`,
        },
      ]);
      const said = await refusal((async () => refuseWarnings(loaded))());
      expect(said).toContain("run chmod 600 on it");
      expect(said).not.toContain(PASSWORD);
      expect((await load(content, 0o600)).warnings).toEqual([]);
    },
  );

  test.each([
    { secrets: { API_KEY: { env: "HOME" } } },
    { secrets: {} },
    { mongodb_uri: "mongodb://fleet@db.example/" },
    { egress: { proxy: "http://proxy.example:3128" } },
  ])("row 34: is no matter while others hold the secrets: %j", async (content) => {
    await writeFile(file, JSON.stringify({ mongodb_uri: URI, ...content }), { mode: 0o644 });
    const loaded = await loadConfig(flags(), { HOME: "a home" });
    expect(loaded.warnings).toEqual([]);
    expect(() => refuseWarnings(loaded)).not.toThrow();
  });
});

describe("the program itself", () => {
  test("row 34: ends with exit code 2 for --strict, and repeats no secret", async () => {
    await writeFile(file, JSON.stringify({ mongodb_uri: URI, secrets: { API_KEY: PASSWORD } }));
    await chmod(file, 0o644);
    const { exitCode, stdout, stderr } = await runProgram(folder, ["agent", "--strict"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(
      `${file} holds secrets and can be read by every user of this machine; run chmod 600 on it`,
    );
    expect(stderr).not.toContain(PASSWORD);
  });

  test.each(["", '{"machine_id": "5f0c2c0e', "{}", '{"machine_id": 7}', "\u0000\u0001"])(
    "row 35: with the machine id file %j ends with exit code 2 and a way out, and makes no other identity",
    async (text) => {
      const idFile = join(folder, "machine.json");
      await writeFile(idFile, text);
      await writeFile(file, JSON.stringify({ mongodb_uri: freshDatabase("id").uri }), { mode: 0o600 });
      const { exitCode, stderr } = await runProgram(folder, ["agent"]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`the machine id file ${idFile} `);
      expect(stderr).toContain("restore it from a backup");
      expect(await readFile(idFile, "utf8")).toBe(text);
    },
  );
});

function listeningLog(): { readonly log: Log; readonly warnings: LogFacts[] } {
  const warnings: LogFacts[] = [];
  return {
    warnings,
    log: { debug() {}, info() {}, error() {}, warn: (_message, facts = {}) => void warnings.push(facts) },
  };
}
