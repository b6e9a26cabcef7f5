import { type ChangeStream, type ChangeStreamDocument, type Db, MongoServerError } from "mongodb";
import { MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import type { Chance } from "../../ports/chance.ts";
import type { Changes } from "../../ports/changes.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { CODE } from "./server-codes.ts";

const RECONNECT_MS_MIN = SECOND_MS;
const RECONNECT_MS_MAX = 30 * SECOND_MS;
/** How long a server without change streams is left in peace. */
const UNSUPPORTED_PAUSE_MS = MINUTE_MS;
/** How long the server holds a question open when nothing changes. */
const AWAIT_MS = 5 * SECOND_MS;

const WATCHED = ["jobs", "commands"] as const;
type Watched = (typeof WATCHED)[number];

export interface ChangesDeps {
  readonly streams: Db;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

/** One stream over both collections. It has no memory: after each interruption both count as changed. */
export function createChanges({ streams, clock, chance, log }: ChangesDeps): Changes {
  /** Until the stream breaks, which throws, or the signal aborts. */
  async function follow(
    onChange: (collection: Watched) => void,
    signal: AbortSignal,
    onLive: () => void,
  ): Promise<void> {
    const pipeline = [{ $match: { "ns.coll": { $in: WATCHED } } }, { $project: { ns: 1, operationType: 1 } }];
    const stream = streams.watch(pipeline, { maxAwaitTimeMS: AWAIT_MS });
    // The first token comes with the answer that opens the stream; a question for changes may stay open for long.
    stream.once("resumeTokenChanged", () => {
      if (signal.aborted) return;
      onLive();
      for (const collection of WATCHED) onChange(collection);
    });
    const aborted = new Promise<null>((resolve) => {
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    try {
      while (!signal.aborted) {
        const change: ChangeStreamDocument | null = await Promise.race([stream.tryNext(), aborted]);
        const collection = WATCHED.find((it) => it === collectionOf(change));
        if (collection !== undefined && !signal.aborted) onChange(collection);
      }
    } finally {
      // Not waited for: the question that is open may take its time.
      void closeQuietly(stream);
    }
  }

  return {
    async listen(onChange, signal) {
      let failures = 0;
      while (!signal.aborted) {
        let pauseMs = 0;
        try {
          await follow(onChange, signal, () => {
            failures = 0;
          });
        } catch (err) {
          failures++;
          pauseMs = isUnsupported(err)
            ? UNSUPPORTED_PAUSE_MS
            : Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** (failures - 1)) * (0.5 + chance.fraction() / 2);
          if (!signal.aborted) log.debug("changes are not heard; polls go on", { event: "changes_lost", err });
        }
        if (!signal.aborted) await clock.sleep(pauseMs, signal);
      }
    },
  };
}

/** True when trying again soon is of no use: a standalone mongod, or an account that may not watch. */
function isUnsupported(err: unknown): boolean {
  return (
    err instanceof MongoServerError && (err.code === CODE.noChangeStreamOnStandalone || err.code === CODE.unauthorized)
  );
}

function collectionOf(change: ChangeStreamDocument | null): string | undefined {
  return change !== null && "ns" in change && "coll" in change.ns ? change.ns.coll : undefined;
}

async function closeQuietly(stream: ChangeStream): Promise<void> {
  try {
    await stream.close();
  } catch {
    // It was broken already.
  }
}
