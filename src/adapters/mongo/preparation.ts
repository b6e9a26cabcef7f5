import type { CreateIndexesOptions, IndexSpecification } from "mongodb";
import { StoreRefusedError } from "../../model/errors.ts";
import { DAY_MS, SECOND_MS } from "../../model/time.ts";
import { settingsIn } from "./collections.ts";
import { expireUnseen } from "./command-store.ts";
import { LIVE_STATUSES } from "./documents/run-document.ts";
import type { Lane } from "./lane.ts";
import { readCommandIds } from "./unknown-commands.ts";

/** How long events are kept. */
const EVENTS_KEEP_MS = 90 * DAY_MS;

interface Index {
  readonly collection: string;
  readonly keys: IndexSpecification;
  readonly options: CreateIndexesOptions;
  /** What is lost without it. */
  readonly purpose: string;
}

const AT_THEIR_DATE = { expireAfterSeconds: 0 };

const INDEXES: readonly Index[] = [
  {
    collection: "serials",
    keys: { machine_id: 1 },
    options: { unique: true, partialFilterExpression: { machine_id: { $type: "string" } } },
    purpose: "no machine holds two serials",
  },
  {
    collection: "job_runs",
    // Descending: the original has a unique index over the same fields, and the names must not be the same.
    keys: { job_id: 1, scheduled_for: -1 },
    options: {},
    purpose: "the runs of a job are found fast",
  },
  {
    collection: "job_runs",
    keys: { scheduled_for: -1 },
    options: {},
    purpose: "the latest runs of all jobs are found fast",
  },
  {
    collection: "job_runs",
    keys: { job_id: 1, last: 1 },
    options: { partialFilterExpression: { last: { $exists: true } } },
    purpose: "the record of a long stretch of misses is found fast",
  },
  {
    collection: "job_revisions",
    keys: { job_id: 1, first_seen: 1 },
    options: {},
    purpose: "former versions of a job are found fast",
  },
  {
    collection: "job_runs",
    keys: { status: 1, session: 1 },
    options: { partialFilterExpression: { status: { $in: LIVE_STATUSES } } },
    purpose: "live runs are found fast",
  },
  {
    collection: "job_runs",
    keys: { job_id: 1, status: 1 },
    options: { partialFilterExpression: { status: { $in: LIVE_STATUSES } } },
    purpose: "the live runs of a job are found fast among those of all jobs",
  },
  {
    collection: "job_runs",
    keys: { job_id: 1, scope: 1, scheduled_for: 1 },
    // Any text; an index for values of this type would not be used to look for one of them.
    options: { partialFilterExpression: { scope: { $gt: "" } } },
    purpose: "the runs of a job on one machine are found fast among those on all machines",
  },
  { collection: "job_runs", keys: { expire_at: 1 }, options: AT_THEIR_DATE, purpose: "old runs are removed" },
  { collection: "command_acks", keys: { command: 1 }, options: {}, purpose: "the answers to a command are found fast" },
  {
    collection: "command_acks",
    keys: { key: 1, at: 1, command: 1 },
    options: {},
    purpose: "an agent that starts finds fast which commands are answered, and old ones are found fast",
  },
  { collection: "command_acks", keys: { expire_at: 1 }, options: AT_THEIR_DATE, purpose: "old answers are removed" },
  {
    collection: "job_state",
    keys: { paused_until: 1 },
    options: { sparse: true },
    purpose: "paused jobs are found fast",
  },
  { collection: "cursors", keys: { machine_id: 1 }, options: {}, purpose: "the cursors of a machine are found fast" },
  {
    collection: "events",
    keys: { at: 1 },
    options: { expireAfterSeconds: EVENTS_KEEP_MS / SECOND_MS },
    purpose: "old events are removed",
  },
  { collection: "events", keys: { type: 1, at: 1 }, options: {}, purpose: "events of a kind are found fast" },
  {
    collection: "events",
    keys: { "facts.job_id": 1, at: 1 },
    options: { partialFilterExpression: { "facts.job_id": { $exists: true } } },
    purpose: "the events of a job are found fast",
  },
];

/**
 * Makes the database ready for agents; to be done before the settings of the fleet are stored. Safe to repeat, and for
 * many agents at once.
 * @returns what is missing and who can mend it, in words: an account without the right to make indexes can still work
 * @throws {StoreUnavailableError} @throws {StoreRefusedError}
 */
export async function prepareDatabase(lane: Lane): Promise<readonly string[]> {
  await expireEarlierCommands(lane);
  const warnings: string[] = [];
  for (const index of INDEXES) {
    try {
      await lane.run("make an index", (db, session) =>
        db.collection(index.collection).createIndex(index.keys, { ...index.options, session }),
      );
    } catch (err) {
      if (!(err instanceof StoreRefusedError)) throw err;
      warnings.push(warningFor(index, err));
    }
  }
  return warnings;
}

/**
 * Commands that are older than the fleet must not be carried out. Their ids are read first and the settings second:
 * where there are none yet, all of these commands were there before the database was first used. Whoever stores the
 * settings has stamped them, and a stamp that is there stays.
 */
async function expireEarlierCommands(lane: Lane): Promise<void> {
  const ids = await lane.run("read the commands", readCommandIds);
  if (ids.length === 0) return;
  const isUsed = await lane.run(
    "look whether the database is in use",
    async (db, session) => (await settingsIn(db).findOne({ _id: "settings" }, { session })) !== null,
  );
  if (isUsed) return;
  const BATCH_SIZE = 200;
  for (let from = 0; from < ids.length; from += BATCH_SIZE) {
    const batch = ids.slice(from, from + BATCH_SIZE);
    await lane.run("stamp earlier commands as expired", (db, session) => expireUnseen(db, session, batch));
  }
}

function warningFor({ collection, keys, options, purpose }: Index, err: StoreRefusedError): string {
  const command = `db.${collection}.createIndex(${JSON.stringify(keys)}, ${JSON.stringify(options)})`;
  return `${err.message}. Without this index it is not sure that ${purpose}; an administrator runs: ${command}`;
}
