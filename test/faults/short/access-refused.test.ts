import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectTls, createServer as createTlsServer, type Server } from "node:tls";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { createGate } from "../../support/target.ts";
import { type Fleet, openFleet } from "../../e2e/fleet.ts";
import { type Authority, createAuthority, whyNoCertificates } from "../support/certificates.ts";
import { report } from "../support/figures.ts";
import { AGENT_PASSWORD, type GuardedMongod, startGuardedMongod } from "../support/guarded-mongod.ts";
import { JOINED_MS_MAX } from "../support/join-fleet.ts";
import { openLinks } from "../support/links.ts";

/** The row's bound for a clear reason. */
const REASON_MS = 5_000;
const RECOVERY_MS_MAX = 30_000;
const EXIT_UNREACHABLE = 4;
const SECRETS = [AGENT_PASSWORD, encodeURIComponent(AGENT_PASSWORD), "wr0ng-s3cret"];

const missing = await whyNoCertificates();
if (missing !== undefined) console.warn(`F19 is skipped: ${missing}`);

let folder: string;
let authority: Authority;
let guarded: GuardedMongod;
let root: MongoClient;
beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "fleetcron-faults-tls-"));
  authority = await createAuthority(folder, "fleet-ca");
  guarded = await startGuardedMongod(folder, authority);
  root = new MongoClient(guarded.rootUri);
});
afterAll(async () => {
  await root?.close();
  await guarded?.mongod.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A fleet on a database of its own, to which an account of its own has access. */
async function guardedFleet(context: TestContext) {
  const [fleetDb, user] = [
    `f19_${context.task.id.replaceAll(/\W/g, "_")}`,
    `agent_${context.task.id.replaceAll(/\W/g, "_")}`,
  ];
  const admin = root.db("admin");
  await admin.command({ createUser: user, pwd: AGENT_PASSWORD, roles: [{ role: "readWrite", db: fleetDb }] });
  const uri = (changes?: Parameters<GuardedMongod["agentUri"]>[0]) =>
    guarded.agentUri(changes).replace("mongodb://agent:", `mongodb://${user}:`);
  const fleet = await openFleet(context, { database: { uri: guarded.rootUri, dbName: fleetDb } });
  const start = async (mongodbUri: string, env: Readonly<Record<string, string>> = {}) =>
    fleet.startAgent(await fleet.makeHome({ mongodb_uri: mongodbUri }), { env });
  return { fleet, fleetDb, user, admin, uri, start };
}

function expectNoSecret(agent: AgentProcess): void {
  for (const secret of SECRETS) expect(agent.output).not.toContain(secret);
}

/** The agent ends with a reason that says this and holds no secret. How long that took. */
async function refusedAtStart(context: TestContext, agent: AgentProcess, reason: RegExp): Promise<number> {
  const startedAt = performance.now();
  const { exitCode, stderr } = await agent.ended;
  const tookMs = Math.round(performance.now() - startedAt);
  report(context, { reason_after_ms: tookMs });
  expect(stderr).toMatch(reason);
  expect(exitCode).toBe(EXIT_UNREACHABLE);
  expectNoSecret(agent);
  return tookMs;
}

/** A server with a certificate of its own in front of a mongod. */
async function startFront(context: TestContext, pem: string, mongodPort: number): Promise<number> {
  const front: Server = createTlsServer({ key: pem, cert: pem }, (client) => {
    const server = connectTls({ host: "127.0.0.1", port: mongodPort, rejectUnauthorized: false });
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on("error", () => {});
  });
  front.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  context.onTestFinished(() => void front.close());
  return (front.address() as AddressInfo).port;
}

describe.skipIf(missing !== undefined).concurrent("when MongoDB wants TLS and a password", () => {
  test("F19: an agent with both joins and runs jobs, and nothing that it writes or stores holds the password", async (context) => {
    const { fleet, uri, start, fleetDb } = await guardedFleet(context);
    const agent = await start(uri());
    await agent.untilLogged("leader_changed", undefined, JOINED_MS_MAX);
    await fleet.putJob({ name: "guarded", schedule: "0 0 1 1 *", url: `${fleet.target.url}/guarded` });
    expect(await fleet.ended(await fleet.runJob("guarded"))).toMatchObject({ status: "ok" });
    expectNoSecret(agent);
    for (const { name } of await root.db(fleetDb).listCollections().toArray()) {
      const text = JSON.stringify(await root.db(fleetDb).collection(name).find({}).toArray());
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    }
  });

  test("F19: an agent with a wrong password ends and says so", async (context) => {
    const { uri, start } = await guardedFleet(context);
    const tookMs = await refusedAtStart(
      context,
      await start(uri({ password: "wr0ng-s3cret" })),
      /does not accept the user or the password/,
    );
    expect(tookMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: an agent that does not know who signed the certificate ends and says so", async (context) => {
    const { uri, start } = await guardedFleet(context);
    const stranger = await createAuthority(folder, "stranger-ca");
    const options = `tls=true&tlsCAFile=${encodeURIComponent(stranger.caFile)}`;
    const tookMs = await refusedAtStart(
      context,
      await start(uri({ options })),
      /TLS connection .* failed: .*(UNABLE_TO_|SELF_SIGNED|certificate)/,
    );
    expect(tookMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: an agent that finds a certificate for another name ends and says so", async (context) => {
    const { uri, start } = await guardedFleet(context);
    const host = `localhost:${guarded.mongod.port}`;
    const tookMs = await refusedAtStart(
      context,
      await start(uri({ host })),
      /TLS connection .* failed: .*(ALTNAME|does not match)/,
    );
    expect(tookMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: an agent that finds an expired certificate ends and says so", async (context) => {
    const { uri, start } = await guardedFleet(context);
    const { pem } = await authority.issue("front", "IP:127.0.0.1", "expired");
    const port = await startFront(context, pem, guarded.mongod.port);
    const tookMs = await refusedAtStart(
      context,
      await start(uri({ host: `127.0.0.1:${port}` })),
      /TLS connection .* failed: .*expired/i,
    );
    expect(tookMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: an agent that speaks no TLS ends or waits, and says what to try", async (context) => {
    const { uri, start } = await guardedFleet(context);
    const agent = await start(uri({ options: "tls=false" }));
    const line = await agent.untilLogged("waiting_for_mongodb", undefined, 3 * REASON_MS);
    expect(line["reason"]).toMatch(/tls/i);
    expectNoSecret(agent);
  });
});

/** What an account loses while its agents are at work, and gets back. */
interface Loss {
  readonly lose: (admin: Db, user: string, fleetDb: string) => Promise<unknown>;
  readonly giveBack: (admin: Db, user: string, fleetDb: string) => Promise<unknown>;
  /** Whether open connections must be reset for it to be felt. */
  readonly isFeltAnew: boolean;
  readonly reason: RegExp;
}

/**
 * An agent is in the middle of a chain when its account loses something; it gets it back after its trust is over.
 * @returns after which time the agent said why
 */
async function loseAccess(context: TestContext, loss: Loss): Promise<number> {
  const { fleet, fleetDb, user, admin, uri, start } = await guardedFleet(context);
  const links = await openLinks([guarded.mongod.port]);
  context.onTestFinished(() => links.close());
  const agent = await start(uri(), links.env);
  await agent.untilLogged("leader_changed", undefined, JOINED_MS_MAX);
  const gate = createGate();
  fleet.target.on("/one", () => gate.opened.then(() => ({})));
  await putChain(fleet);
  const run = await fleet.runJob("chain");
  await fleet.target.arrived("/one");

  const lostAt = Date.now();
  await loss.lose(admin, user, fleetDb);
  if (loss.isFeltAnew) links.cut();
  gate.open();
  const isReason = (line: { readonly time: string }) =>
    Date.parse(line.time) >= lostAt && loss.reason.test(JSON.stringify(line));
  const said = await eventuallySaid(agent, isReason);
  report(context, { reason_after_ms: Date.parse(said.time) - lostAt });
  await agent.untilLogged("fenced", (it) => Date.parse(it.time) >= lostAt);
  expect(fleet.target.at("/two")).toEqual([]);

  await loss.giveBack(admin, user, fleetDb);
  expect(await fleet.ended(run, RECOVERY_MS_MAX)).toMatchObject({ status: "ok", takeovers: 0 });
  expect(fleet.target.arrivals.map((it) => it.path)).toEqual(["/one", "/two"]);
  expectNoSecret(agent);
  return Date.parse(said.time) - lostAt;
}

async function putChain(fleet: Fleet): Promise<void> {
  const step = (path: string) => ({
    type: "http",
    method: "POST",
    url: `${fleet.target.url}${path}`,
    retry: { retries: 0 },
  });
  await fleet.putJob({ name: "chain", schedule: "0 0 1 1 *", actions: [step("/one"), step("/two")] });
}

async function eventuallySaid(agent: AgentProcess, isReason: (line: AgentProcess["lines"][number]) => boolean) {
  return eventually("the reason in the log", 3 * REASON_MS, () => agent.lines.find(isReason)).catch((err: unknown) => {
    throw new Error(`${String(err)}\n${agent.output.slice(-4_000)}`);
  });
}

describe.skipIf(missing !== undefined).concurrent("when the account of a working agent", () => {
  test("F19: loses its rights, the agent says so, sends nothing more, and goes on by itself when it has them again", async (context) => {
    const saidAfterMs = await loseAccess(context, {
      lose: (admin, user, db) => admin.command({ revokeRolesFromUser: user, roles: [{ role: "readWrite", db }] }),
      giveBack: (admin, user, db) => admin.command({ grantRolesToUser: user, roles: [{ role: "readWrite", db }] }),
      isFeltAnew: false,
      reason: /the account may not do this/,
    });
    expect(saidAfterMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: is removed and its connections are cut, the agent says so, sends nothing more, and goes on when it is there again", async (context) => {
    const saidAfterMs = await loseAccess(context, {
      lose: (admin, user) => admin.command({ dropUser: user }),
      giveBack: (admin, user, db) =>
        admin.command({ createUser: user, pwd: AGENT_PASSWORD, roles: [{ role: "readWrite", db }] }),
      isFeltAnew: true,
      reason: /authentication failed|the account may not do this/,
    });
    expect(saidAfterMs).toBeLessThan(3 * REASON_MS);
  });

  test("F19: gets another password and its connections are cut, the agent says so, sends nothing more, and goes on when it fits again", async (context) => {
    const saidAfterMs = await loseAccess(context, {
      lose: (admin, user) => admin.command({ updateUser: user, pwd: "another" }),
      giveBack: (admin, user) => admin.command({ updateUser: user, pwd: AGENT_PASSWORD }),
      isFeltAnew: true,
      reason: /authentication failed/,
    });
    expect(saidAfterMs).toBeLessThan(3 * REASON_MS);
  });
});
