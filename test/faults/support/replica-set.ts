import type { Document } from "mongodb";
import { eventually } from "../../support/eventually.ts";
import { type Mongod, type MongodOptions, startMongod } from "./mongod.ts";

const SET_NAME = "faults";
const WHOLE_MS_MAX = 60_000;
const PRIMARY = 1;
const SECONDARY = 2;

export interface ReplicaSetOptions {
  readonly members?: number;
  /** As MongoDB has it by default when left out: 10 s. */
  readonly electionTimeoutMs?: number;
  /** For one member alone. */
  readonly of?: (index: number) => MongodOptions;
}

/** Real mongods as a replica set. */
export interface ReplicaSet {
  /** In the way users write it: every member, and the name of the set. */
  readonly uri: string;
  readonly members: readonly Mongod[];
  readonly ports: readonly number[];
  /** The one that takes writes, once there is exactly one. */
  primary(): Promise<Mongod>;
  secondaries(): Promise<readonly Mongod[]>;
  /** Has the primary give up its office; resolves when it has. */
  stepDown(): Promise<void>;
  /** Resolves when every member is primary or secondary. */
  untilWhole(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReplicaSet(options: ReplicaSetOptions = {}): Promise<ReplicaSet> {
  const count = options.members ?? 3;
  const indexes = Array.from({ length: count }, (_, index) => index);
  const members = await Promise.all(indexes.map((index) => startMongod({ setName: SET_NAME, ...options.of?.(index) })));
  const ports = members.map((it) => it.port);
  const settings: Document =
    options.electionTimeoutMs === undefined
      ? {}
      : { electionTimeoutMillis: options.electionTimeoutMs, heartbeatIntervalMillis: options.electionTimeoutMs / 4 };
  const config = { _id: SET_NAME, members: ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` })), settings };
  await members[0]?.ask((admin) => admin.command({ replSetInitiate: config }));

  async function untilWhole(): Promise<void> {
    await eventually("a whole replica set", WHOLE_MS_MAX, async () => {
      const states = await Promise.all(members.map((it) => stateOf(it)));
      const isWhole = states.every((it) => it === PRIMARY || it === SECONDARY);
      return isWhole && states.filter((it) => it === PRIMARY).length === 1 ? true : undefined;
    });
  }

  async function primary(): Promise<Mongod> {
    return eventually("one primary", WHOLE_MS_MAX, async () => {
      const states = await Promise.all(members.map((it) => stateOf(it)));
      const found = members.filter((_, index) => states[index] === PRIMARY);
      return found.length === 1 ? found[0] : undefined;
    });
  }

  await untilWhole();
  return {
    uri: `mongodb://${ports.map((port) => `127.0.0.1:${port}`).join(",")}/?replicaSet=${SET_NAME}`,
    members,
    ports,
    primary,
    async secondaries() {
      const first = await primary();
      return members.filter((it) => it !== first);
    },
    async stepDown() {
      const first = await primary();
      await first.ask((admin) => admin.command({ replSetStepDown: 30, secondaryCatchUpPeriodSecs: 10 }));
    },
    untilWhole,
    async stop() {
      await Promise.all(members.map((it) => it.stop()));
    },
  };
}

/** `undefined` when it does not answer. */
async function stateOf(member: Mongod): Promise<number | undefined> {
  if (member.exit !== null) return undefined;
  const status = await member.ask((admin) => admin.command({ replSetGetStatus: 1 })).catch((): Document => ({}));
  return typeof status["myState"] === "number" ? status["myState"] : undefined;
}
