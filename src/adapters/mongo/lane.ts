import { type ClientSession, type Db, type MongoClient, ReadConcern } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { CausalChain } from "./causal-chain.ts";
import { translateError } from "./translate-error.ts";

/** What one operation is done with; every call of the driver in it names the session. */
type Operation<T> = (db: Db, session: ClientSession) => Promise<T>;

/** A way to MongoDB with connections of its own. */
export interface Lane {
  /**
   * Does one operation in the causal chain of the agent, within the deadline of the lane.
   * @param name what is being done, in words for people
   * @throws {StoreUnavailableError} when the outcome is unknown
   * @throws {StoreRefusedError} when MongoDB said no
   */
  run<T>(name: string, operation: Operation<T>): Promise<T>;
}

export interface LaneDeps {
  readonly client: MongoClient;
  readonly dbName: string;
  readonly chain: CausalChain;
  readonly deadlineMs: number;
}

export function createLane({ client, dbName, chain, deadlineMs }: LaneDeps): Lane {
  // Said here and not in the connection string, so that none of its options weakens what the protocol rests on.
  const db = client.db(dbName, {
    readPreference: "primary",
    readConcern: new ReadConcern("majority"),
    writeConcern: { w: "majority", wtimeoutMS: deadlineMs },
  });

  async function inSession<T>(operation: Operation<T>): Promise<T> {
    const session = client.startSession({ causalConsistency: true });
    chain.join(session);
    try {
      return await operation(db, session);
    } finally {
      chain.merge(session);
      await session.endSession();
    }
  }

  return {
    async run(name, operation) {
      try {
        return await withDeadline(name, inSession(operation), deadlineMs);
      } catch (err) {
        throw translateError(name, err);
      }
    },
  };
}

/** The driver has no time limit that covers an operation as a whole; what is given up may still take effect. */
export async function withDeadline<T>(name: string, work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailableError(name, new Error(`no answer within ${deadlineMs} ms`))),
      deadlineMs,
    );
  });
  // The work goes on after the deadline; its late failure is nobody's any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
