import { randomBytes } from "node:crypto";
import { inject } from "vitest";

/** What the global setup tells every test file. */
export type TestServer =
  | { readonly uri: string; readonly databasePrefix: string }
  /** Why there is none, in words. */
  | { readonly missing: string };

declare module "vitest" {
  export interface ProvidedContext {
    mongoServer: TestServer;
  }
}

export interface TestDatabase {
  readonly uri: string;
  readonly dbName: string;
}

/**
 * An empty database on the server of this test run, for this caller alone; cleared away when the run ends.
 * @param name what the test file is about, for whoever looks into the server
 * @throws when there is no server: such a test fails and is never skipped in silence
 */
export function freshDatabase(name: string): TestDatabase {
  const server = inject("mongoServer");
  if ("missing" in server) throw new Error(`this test needs a MongoDB: ${server.missing}`);
  const label = name.replace(/[^a-z0-9]+/gi, "_").slice(0, 24);
  return { uri: server.uri, dbName: `${server.databasePrefix}${label}_${randomBytes(4).toString("hex")}` };
}
