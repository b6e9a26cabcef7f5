import { type MongoClient, MongoServerError } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import { withDeadline } from "./lane.ts";
import { CODE } from "./server-codes.ts";

/** The first version whose partial indexes know `$in`. */
const MAJOR_VERSION_MIN = 6;

export type PingResult =
  | {
      readonly outcome: "ok";
      readonly version: string;
      /** A standalone has no change streams; everything else works. */
      readonly kind: "replica_set" | "standalone" | "sharded";
    }
  | {
      readonly outcome: "unreachable" | "auth_failed" | "tls_problem" | "forbidden" | "too_old";
      /** Names hosts, never a user, a password or the connection string. */
      readonly message: string;
    };

export interface PingDeps {
  readonly connect: () => MongoClient;
  readonly dbName: string;
  readonly hosts: readonly string[];
  readonly deadlineMs: number;
}

/** Connects anew, so that the answer does not depend on connections that are open already. Never rejects. */
export async function pingServer({ connect, dbName, hosts, deadlineMs }: PingDeps): Promise<PingResult> {
  const client = connect();
  const where = hosts.join(", ");
  try {
    return await withDeadline("ping", greet(client, dbName, where), deadlineMs);
  } catch (err) {
    return explain(err, where, deadlineMs, dbName);
  } finally {
    void client.close().catch(() => {});
  }
}

async function greet(client: MongoClient, dbName: string, where: string): Promise<PingResult> {
  const db = client.db(dbName, { readPreference: "primary" });
  const { version } = (await db.command({ buildInfo: 1 })) as { version: string };
  if (Number.parseInt(version, 10) < MAJOR_VERSION_MIN) {
    return {
      outcome: "too_old",
      message: `MongoDB at ${where} is ${version}; version ${MAJOR_VERSION_MIN}.0 or later is needed`,
    };
  }
  await db.collection("fleet").findOne({}, { projection: { _id: 1 } });
  const hello = (await db.command({ hello: 1 })) as { setName?: string; msg?: string };
  const kind = hello.msg === "isdbgrid" ? "sharded" : hello.setName === undefined ? "standalone" : "replica_set";
  return { outcome: "ok", version, kind };
}

function explain(err: unknown, where: string, deadlineMs: number, dbName: string): PingResult {
  const server = chainOf(err).find((it) => it instanceof MongoServerError);
  if (server?.code === CODE.authenticationFailed || server?.code === CODE.atlasAuthenticationFailed) {
    return {
      outcome: "auth_failed",
      message: `MongoDB at ${where} does not accept the user or the password; check them and authSource in the connection string`,
    };
  }
  if (server?.code === CODE.unauthorized) {
    return {
      outcome: "forbidden",
      message: `the account may not read the database ${dbName} at ${where}; give it the role readWrite there, or credentials if the string has none`,
    };
  }
  const tls = chainOf(err)
    .map(tlsReason)
    .find((it) => it !== undefined);
  if (tls !== undefined) {
    return {
      outcome: "tls_problem",
      message: `the TLS connection to MongoDB at ${where} failed: ${tls}; check tls and tlsCAFile in the connection string`,
    };
  }
  const detail =
    chainOf(err)
      .map(networkReason)
      .find((it) => it !== undefined) ?? `no answer within ${deadlineMs} ms`;
  return { outcome: "unreachable", message: `MongoDB at ${where} can't be reached: ${detail}` };
}

/** The error, what caused it, and what the monitors of the single servers met; outermost first. */
function chainOf(err: unknown): readonly (Error & { readonly code?: unknown })[] {
  const found: Error[] = [];
  const visit = (it: unknown) => {
    if (!(it instanceof Error) || found.includes(it)) return;
    found.push(it);
    visit(it.cause);
    const reason = (
      it as { readonly reason?: { readonly servers?: ReadonlyMap<string, { readonly error?: unknown }> } }
    ).reason;
    for (const server of reason?.servers?.values() ?? []) visit(server.error);
  };
  visit(err);
  return found;
}

function tlsReason(err: Error & { readonly code?: unknown }): string | undefined {
  const code = typeof err.code === "string" ? err.code : "";
  if (code === "ENOENT" || code === "EACCES") return `a file that the connection string names can't be read (${code})`;
  if (/CERT|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^EPROTO$|UNABLE_TO_/.test(code)) return code;
  const text =
    /(self-signed certificate|certificate has expired|unable to verify|wrong version number|Hostname\/IP does not match)/i.exec(
      err.message,
    );
  return text?.[1];
}

function networkReason(err: Error & { readonly code?: unknown }): string | undefined {
  if (err instanceof StoreUnavailableError) return undefined;
  const code = typeof err.code === "string" ? err.code : /\b(E[A-Z]{4,}|ENOTFOUND)\b/.exec(err.message)?.[1];
  switch (code) {
    case undefined:
      return /closed/.test(err.message)
        ? "it closes the connection; if it wants TLS, add tls=true to the connection string"
        : undefined;
    case "ECONNRESET":
      return "it resets the connection (ECONNRESET); check whether tls in the connection string fits the server";
    case "ECONNREFUSED":
      return "nothing listens there (ECONNREFUSED)";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name is not known (${code})`;
    default:
      return code;
  }
}
