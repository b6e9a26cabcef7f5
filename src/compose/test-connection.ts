import { openDatabase } from "../adapters/mongo/database.ts";
import { EXIT, ExitError } from "../model/errors.ts";

const DEADLINE_MS = 5_000;

/** Resolves when MongoDB at this URI answers. @throws {ExitError} saying why not, without the URI */
export async function testConnection(uri: string): Promise<void> {
  const database = openDatabase({ uri, dbName: "fleetcron", appName: "fleetcron init" });
  try {
    const result = await database.ping(DEADLINE_MS);
    if (result.outcome !== "ok") throw new ExitError(EXIT.unreachable, result.message);
  } finally {
    await database.close();
  }
}
