import { expect, type TestContext, test } from "vitest";
import { openDatabase } from "../../../src/adapters/mongo/database.ts";
import { createClaimStore } from "../../../src/adapters/mongo/claim-store.ts";
import { createFleetCursorStore } from "../../../src/adapters/mongo/cursor-store.ts";
import { createRunStore } from "../../../src/adapters/mongo/run-store.ts";
import type { FleetDatabase } from "../../../src/adapters/mongo/database.ts";
import { StoreUnavailableError } from "../../../src/model/errors.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import { jobId, run } from "../../conformance/samples.ts";
import { type OwnMongod, startOwnMongod } from "../../support/own-mongod.ts";

/** Connected before anything happens to the server, as an agent's connections are. */
async function connected(context: TestContext): Promise<{ mongod: OwnMongod; database: FleetDatabase }> {
  const mongod = await startOwnMongod(context);
  const database = openDatabase({ ...mongod.database, appName: "test", deadlineMs: 2_000 });
  context.onTestFinished(() => database.close());
  await createClaimStore(database.work).insert([run("before")]);
  return { mongod, database };
}

const cursor = { jobId: jobId("j"), schedule: null, plannedTo: 0 as EpochMs, revision: null, fleetZone: null };
const cursorMove = { jobId: jobId("j"), from: undefined, to: cursor, next: undefined };
const writes: ((database: FleetDatabase) => Promise<unknown>)[] = [
  ({ work }) => createClaimStore(work).insert([run("r"), run("s")]),
  ({ work }) => createRunStore(work).write([{ hold: run("before"), change: { steps: [] }, keepMs: undefined }]),
  ({ work }) => createFleetCursorStore(work).move([cursorMove]),
];

test.for(["SIGKILL", "SIGSTOP"] as const)(
  "a MongoDB that gets %s leaves the outcome of every write unknown: neither stored nor refused",
  async (signal, context) => {
    const { mongod, database } = await connected(context);
    mongod.signal(signal);
    for (const write of writes) await expect(write(database)).rejects.toThrow(StoreUnavailableError);
  },
);
