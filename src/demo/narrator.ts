import type { EpochMs } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { RunRecord } from "../ports/run-history.ts";
import type { DemoFleet } from "./demo-parts.ts";

/** Tells in plain words what changes in the fleet. */
export interface Narrator {
  /** Names of the agents by machine id. */
  know(names: ReadonlyMap<string, string>): void;
  /** The machine id of the leader as last seen. */
  leader(): string | undefined;
  /** Reads the fleet once and says what has changed. */
  look(): Promise<void>;
  watchUntil(end: EpochMs, everyMs: number, signal: AbortSignal): Promise<void>;
  /** Goes on watching until no run is live, for a while at most. */
  settle(everyMs: number, maxMs: number, signal: AbortSignal): Promise<void>;
}

export function createNarrator(fleet: DemoFleet, clock: Clock, say: (line: string) => void): Narrator {
  let names: ReadonlyMap<string, string> = new Map();
  let leaderId: string | undefined;
  let term = 0;
  const held = new Map<string, number>();
  const said = new Map<string, string>();
  let live = 0;

  const tell = (sentence: string) => say(`${new Date(clock.wallNow()).toISOString().slice(11, 19)}  ${sentence}`);
  const nameOf = (machineId: string | null | undefined) => names.get(machineId ?? "") ?? "?";

  async function lookAtMembers(): Promise<void> {
    const now = new Map((await fleet.serials.readHeld()).map((it) => [it.machineId as string, it.serial as number]));
    for (const [machine, serial] of now)
      if (held.get(machine) !== serial && names.has(machine)) tell(`Agent ${nameOf(machine)} holds serial ${serial}.`);
    for (const [machine, serial] of held)
      if (!now.has(machine)) tell(`Serial ${serial} of agent ${nameOf(machine)} is free.`);
    held.clear();
    for (const [machine, serial] of now) if (names.has(machine)) held.set(machine, serial);
  }

  async function lookAtLeader(): Promise<void> {
    const { leader } = await fleet.leader.read();
    if (leader.term === term || leader.machineId === null || !names.has(leader.machineId)) return;
    term = leader.term;
    leaderId = leader.machineId;
    tell(`Agent ${nameOf(leader.machineId)} leads (term ${leader.term}).`);
  }

  async function lookAtRuns(): Promise<void> {
    const records = await fleet.runs.list({ jobId: undefined, statuses: [], since: undefined, limit: 200 });
    live = records.filter((it) => it.status === "running" || it.status === "waiting").length;
    for (const record of records.toReversed()) {
      const words = inWords(record, nameOf);
      if (words === undefined || said.get(record.id) === words) continue;
      said.set(record.id, words);
      tell(words);
    }
  }

  async function look(): Promise<void> {
    await lookAtMembers();
    await lookAtLeader();
    await lookAtRuns();
  }

  return {
    know(known) {
      names = known;
    },
    leader: () => leaderId,
    look,
    async watchUntil(end, everyMs, signal) {
      while (!signal.aborted && clock.wallNow() < end) {
        await look();
        await clock.sleep(everyMs, signal);
      }
    },
    async settle(everyMs, maxMs, signal) {
      const end = clock.monotonicNow() + maxMs;
      await look();
      while (!signal.aborted && live > 0 && clock.monotonicNow() < end) {
        await clock.sleep(everyMs, signal);
        await look();
      }
    },
  };
}

/** A run that ended or changed hands, in words; nothing for one that merely goes on. */
function inWords(record: RunRecord, nameOf: (machineId: string | undefined) => string): string | undefined {
  const what = `${record.jobName} of ${new Date(record.scheduledFor).toISOString().slice(11, 16)}`;
  switch (record.status) {
    case "waiting":
    case "running":
      return record.takeovers > 0
        ? `${what} goes on at agent ${nameOf(record.machineId)}; finished steps are not repeated.`
        : undefined;
    case "ok":
      return `${what}: ok, by agent ${nameOf(record.machineId)}${retriesInWords(record)}.`;
    default:
      return `${what}: ${record.status}, by agent ${nameOf(record.machineId)}: ${record.reason ?? "no reason given"}`;
  }
}

function retriesInWords(record: RunRecord): string {
  const retried = record.steps.filter((it) => it.attempts > 1);
  return retried.length === 0
    ? ""
    : ` (${retried.map((it) => `${it.name} needed ${it.attempts} attempts`).join(", ")})`;
}
