import { MongoClient } from "mongodb";
import { inject } from "vitest";
import { createCausalChain } from "../../../src/adapters/mongo/causal-chain.ts";
import { createLane, type Lane } from "../../../src/adapters/mongo/lane.ts";
import type { TestDatabase } from "../../conformance/worlds.ts";

/** A lane that tells how often a command went to the server. */
export interface MonitoredLane {
  readonly lane: Lane;
  /** @param collection `undefined` counts all */
  count(command: string, collection?: string): number;
  close(): Promise<void>;
}

export async function openMonitoredLane({ database }: TestDatabase): Promise<MonitoredLane> {
  const server = inject("mongoServer");
  if ("missing" in server) throw new Error(`this test needs a MongoDB: ${server.missing}`);
  const client = await new MongoClient(server.uri, { monitorCommands: true }).connect();
  const seen: { readonly name: string; readonly collection: unknown }[] = [];
  client.on("commandStarted", ({ commandName: name, command }) => {
    seen.push({ name, collection: (command as Record<string, unknown>)[name] });
  });
  return {
    lane: createLane({ client, dbName: database.dbName, chain: createCausalChain(), deadlineMs: 10_000 }),
    count: (command, collection) =>
      seen.filter((it) => it.name === command && (collection === undefined || it.collection === collection)).length,
    close: () => client.close(),
  };
}
