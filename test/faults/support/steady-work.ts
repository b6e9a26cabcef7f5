import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { MongoServerError, ObjectId } from "mongodb";
import type { TestContext } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { type Arrival, arrivedTwice } from "../../support/target.ts";
import type { Fleet } from "../../e2e/fleet.ts";

const CHAIN = "/steady/";
const CLAIMED = "/claimed/";
/** What the target takes to answer a step. */
const ANSWER_MS = 20;

/** A database of its own on a server that several tests share. */
export function databaseOn(uri: string): { readonly uri: string; readonly dbName: string } {
  return { uri, dbName: `faults_${randomBytes(4).toString("hex")}` };
}

/** A chain on every machine, in which each step waits for a write: a gap between arrivals is a gap between writes. */
export interface SteadyWork {
  readonly runs: readonly string[];
  /** By machine, in order of arrival. */
  arrivals(): ReadonlyMap<string, readonly Arrival[]>;
  /** Longest time, over all machines, in which no next step arrived since that moment. */
  longestGapMs(sinceMonotonic: number): number;
}

/** Resolves when the chain of every agent is under way. */
export async function startSteadyWork(
  fleet: Fleet,
  agents: readonly AgentProcess[],
  steps: number,
): Promise<SteadyWork> {
  const { target } = fleet;
  const names = Array.from({ length: steps }, (_, index) => `${CHAIN}${index}`);
  for (const path of names) target.on(path, () => pause(ANSWER_MS, {}));
  const post = { type: "http", method: "POST", headers: { "x-machine": "{{machine.id}}" }, retry: { retries: 0 } };
  await fleet.putJob({
    name: "steady",
    schedule: "0 0 1 1 *",
    run_on: "all",
    actions: names.map((path) => ({ ...post, url: `${target.url}${path}` })),
  });
  const acks = await fleet.acks(
    await fleet.send({ type: "run_job", target: "all", args: { job: "steady" } }),
    agents.length,
  );
  const runs = acks.map((it) => /^started run (.*)$/.exec(it.result)?.[1] ?? it.result);
  await target.arrived(`${CHAIN}5`, agents.length);

  function arrivals(): ReadonlyMap<string, readonly Arrival[]> {
    const byMachine = new Map<string, Arrival[]>();
    for (const arrival of target.arrivals) {
      if (!arrival.path.startsWith(CHAIN)) continue;
      const machine = arrival.headers["x-machine"] ?? "";
      byMachine.set(machine, [...(byMachine.get(machine) ?? []), arrival]);
    }
    return byMachine;
  }

  return {
    runs,
    arrivals,
    longestGapMs(since) {
      const gaps = [...arrivals().values()].flatMap((list) => {
        const times = list.map((it) => it.monotonicAt).filter((at) => at >= since);
        return times.map((at, index) => at - (times[index - 1] ?? since));
      });
      return Math.round(Math.max(0, ...gaps));
    },
  };
}

/** Several people, so that some ask while MongoDB is away. */
const SENDERS = 4;

/** Has a job run once by command again and again, until it is ended. */
export interface ClaimStream {
  /** Ends it; the commands that were stored. */
  end(): Promise<readonly string[]>;
}

/** @param everyMs pause of each sender between two commands */
export async function startClaims(context: TestContext, fleet: Fleet, everyMs: number): Promise<ClaimStream> {
  const url = `${fleet.target.url}${CLAIMED}x`;
  await fleet.putJob({ name: "claimed", schedule: "0 0 1 1 *", overlap: "allow", method: "POST", url });
  const ending = new AbortController();
  const commands: string[] = [];
  const sendOn = async () => {
    while (!ending.signal.aborted) {
      const id = new ObjectId();
      await untilStored(fleet, id, ending.signal);
      commands.push(String(id));
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, sendOn));
  sending.catch(() => {});
  const end = async () => {
    ending.abort();
    await sending;
    return commands;
  };
  context.onTestFinished(() => ending.abort());
  return { end };
}

/** A person whose insert failed does not know either whether it was stored: the same one again tells. */
async function untilStored(fleet: Fleet, _id: ObjectId, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await fleet.db
        .collection("commands")
        .insertOne({ _id, type: "run_job", target: "leader", args: { job: "claimed" } });
      return;
    } catch (err) {
      if (err instanceof MongoServerError && err.code === 11_000) return;
      if (signal.aborted) throw err;
    }
  }
}

/** What is wrong with how often the claimed job was sent for these commands, by the target's log: nothing. */
export function claimTroubles(fleet: Fleet, commands: readonly string[]): readonly string[] {
  const counts = new Map(commands.map((it) => [it, 0]));
  const troubles: string[] = [];
  for (const { run, path } of fleet.target.arrivals) {
    if (!path.startsWith(CLAIMED)) continue;
    const command = /\|manual\|([^|]+)/.exec(run)?.[1] ?? run;
    if (!counts.has(command)) troubles.push(`${command}: sent, but never asked for`);
    counts.set(command, (counts.get(command) ?? 0) + 1);
  }
  for (const [command, count] of counts) if (count !== 1) troubles.push(`${command}: sent ${count} times`);
  return [...troubles, ...arrivedTwice(fleet.target.arrivals)];
}
