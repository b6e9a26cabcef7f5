import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import type { Authority } from "./certificates.ts";
import { type Mongod, startMongod } from "./mongod.ts";

const SET_NAME = "guarded";
const PRIMARY_MS_MAX = 30_000;
/** Nothing an agent writes may hold it; it is written in a connection string percent-encoded. */
export const AGENT_PASSWORD = "s3cret/p@ss:w0rd";
const ROOT_PASSWORD = "root-pw";

/** A mongod that wants TLS and a password, with an account for agents. */
export interface GuardedMongod {
  readonly mongod: Mongod;
  /** For whoever may do anything. */
  readonly rootUri: string;
  /** @param changes of the host, the password, the options */
  agentUri(changes?: { readonly host?: string; readonly password?: string; readonly options?: string }): string;
}

export async function startGuardedMongod(folder: string, authority: Authority): Promise<GuardedMongod> {
  // The certificate holds for 127.0.0.1 and for no name.
  const { pemFile } = await authority.issue("mongod", "IP:127.0.0.1");
  const keyFile = join(folder, "keyfile");
  await writeFile(keyFile, randomBytes(96).toString("base64"), { mode: 0o400 });
  const tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", pemFile, "--tlsCAFile", authority.caFile];
  const mongod = await startMongod({
    setName: SET_NAME,
    args: ["--auth", "--keyFile", keyFile, ...tls, "--tlsAllowConnectionsWithoutCertificates"],
    client: { tls: true, tlsCAFile: authority.caFile },
  });
  const host = `127.0.0.1:${mongod.port}`;
  await mongod.ask((admin) => admin.command({ replSetInitiate: { _id: SET_NAME, members: [{ _id: 0, host }] } }));
  await eventually("primary", PRIMARY_MS_MAX, async () => {
    const hello = await mongod.ask((admin) => admin.command({ hello: 1 }));
    return hello["isWritablePrimary"] === true ? true : undefined;
  });
  const tlsOptions = `tls=true&tlsCAFile=${encodeURIComponent(authority.caFile)}`;
  const uri = (user: string, password: string, at: string, options: string) =>
    `mongodb://${user}:${encodeURIComponent(password)}@${at}/?authSource=admin&directConnection=true&${options}`;
  const rootUri = uri("root", ROOT_PASSWORD, host, tlsOptions);
  await mongod.ask((admin) => admin.command({ createUser: "root", pwd: ROOT_PASSWORD, roles: ["root"] }));
  return {
    mongod,
    rootUri,
    agentUri: (changes = {}) =>
      uri("agent", changes.password ?? AGENT_PASSWORD, changes.host ?? host, changes.options ?? tlsOptions),
  };
}
