import { readFile } from "node:fs/promises";
import type { Db, Document } from "mongodb";
import type { AgentProcess } from "../support/agent-process.ts";
import { eventually } from "../support/eventually.ts";
import type { Fleet, RunRow } from "./fleet.ts";

const CLOCK_TICKS_PER_S = 100;

/** Many runs of one job, each of which waits in its second step; begun by commands, on one machine. */
interface WaitingRuns {
  readonly count: number;
  /** By run id: the moment for which it waits, as it is stored. */
  wakeTimes(): Promise<ReadonlyMap<string, number>>;
  /** Resolves when each of them is in the hands of this machine, which has begun to carry it. */
  untilHeldBy(machine: string, deadlineMs: number): Promise<void>;
  /** Resolves with their records when all have ended. */
  untilEnded(deadlineMs: number): Promise<readonly RunRow[]>;
}

interface WaitingOptions {
  readonly count: number;
  readonly waitSec: number;
  readonly on: AgentProcess;
}

/** Resolves when all of them wait. */
export async function startWaitingRuns(fleet: Fleet, { count, waitSec, on }: WaitingOptions): Promise<WaitingRuns> {
  const { db, target } = fleet;
  const post = (path: string) => ({ type: "http", name: path, method: "POST", url: `${target.url}/${path}` });
  await fleet.putJob({
    name: "waiting",
    schedule: "0 0 1 1 *",
    actions: [post("begin"), { type: "sleep", seconds: waitSec }, post("end")],
  });
  const runs = db.collection<RunRow>("job_runs");
  const command = { type: "run_job", target: on.machineId, args: { job: "waiting" } };
  await db.collection("commands").insertMany(Array.from({ length: count }, () => ({ ...command })));
  await eventually(`${count} waiting runs`, 60_000 + count * 100, async () =>
    (await runs.countDocuments({ status: "running", "steps.1.status": "waiting" })) === count ? true : undefined,
  );

  return {
    count,
    async wakeTimes() {
      const rows = await runs.find({}, { projection: { "steps.next_attempt_at": 1 } }).toArray();
      return new Map(
        rows.map(({ _id, steps }) => {
          const at: unknown = steps?.[1] === undefined ? undefined : (steps[1] as Document)["next_attempt_at"];
          return [_id, at instanceof Date ? at.getTime() : Number.NaN];
        }),
      );
    },
    untilHeldBy: (machine, deadlineMs) =>
      eventually(`hold of all ${count} runs by ${machine}`, deadlineMs, async () => {
        const held = { claimed_by: machine, handed_back: { $ne: true } };
        // Each change of hands and each adoption gives a run its next token.
        return (await runs.countDocuments(held)) === count ? true : undefined;
      }).then(() => {}),
    untilEnded: (deadlineMs) =>
      eventually(`end of all ${count} runs`, deadlineMs, async () => {
        if ((await runs.countDocuments({ status: { $in: ["waiting", "running"] } })) > 0) return undefined;
        return runs.find().toArray();
      }),
  };
}

/** What agents and their MongoDB take, over a stretch of time. */
interface Load {
  readonly cpuSPerMin: number;
  readonly memoryMb: number;
  readonly mongoOpsPerS: number;
}

interface LoadMeter {
  /** Since the meter was started. */
  read(): Promise<Load>;
}

/** @param agent whose processor time and memory is told; operations are those of the whole server */
export async function startLoadMeter(db: Db, { pid }: AgentProcess): Promise<LoadMeter> {
  const from = { at: performance.now(), cpu: await cpuSeconds(pid), ops: await operations(db) };
  return {
    async read() {
      const passedS = (performance.now() - from.at) / 1_000;
      const [cpu, ops, memoryMb] = await Promise.all([cpuSeconds(pid), operations(db), residentMb(pid)]);
      return {
        cpuSPerMin: rounded(((cpu - from.cpu) / passedS) * 60),
        memoryMb,
        mongoOpsPerS: rounded((ops - from.ops) / passedS),
      };
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // After the name, which may hold anything: state is the third field, utime and stime the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / CLOCK_TICKS_PER_S;
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

async function operations(db: Db): Promise<number> {
  const { opcounters } = await db.admin().command({ serverStatus: 1 });
  const { insert, query, update, delete: removed, getmore, command } = opcounters as Record<string, number>;
  return [insert, query, update, removed, getmore, command].reduce<number>((sum, it) => sum + Number(it ?? 0), 0);
}
