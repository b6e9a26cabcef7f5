import { matches } from "../membership/eligible.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import type { Job, JobId } from "../model/job.ts";
import type { MemberFacts, Serial } from "../model/member.ts";
import { MINUTE_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { MachineRecord, MachineStore } from "../ports/machine-store.ts";
import type { JobCatalog } from "./job-catalog.ts";

/** Machines that are off, and yet known, are read this often while there are jobs that no live one matches. */
const READ_AGAIN_MS = MINUTE_MS;

export interface UnmatchedJobsDeps {
  readonly catalog: Pick<JobCatalog, "documents">;
  readonly machines: Pick<MachineStore, "readAll">;
  readonly members: () => readonly MemberFacts[];
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The jobs with `run_on: all` that no machine matches which the fleet knows. No machine has a cursor of its own for
 * them, so that their occurrences would have no record: they are settled once for the fleet.
 */
export interface UnmatchedJobs {
  /** Another function when it would tell otherwise. */
  choice(): (job: Job) => boolean;
  /** Reads the machines when the leader must know them. @throws {StoreUnavailableError} */
  look(): Promise<void>;
}

export function createUnmatchedJobs(deps: UnmatchedJobsDeps): UnmatchedJobs {
  const { catalog, machines, members, isLeader, clock, log } = deps;
  let known: readonly MemberFacts[] = [];
  let readAt: number | undefined;
  let madeFrom: readonly unknown[] = [];
  let unmatched: ReadonlySet<JobId> = new Set();
  let isChosen = (job: Job) => unmatched.has(job.id);

  function find(): ReadonlySet<JobId> {
    const everybody = [...members(), ...known];
    const found = new Set<JobId>();
    if (everybody.length === 0) return found;
    for (const { id, parsed } of catalog.documents.values()) {
      if (!parsed.ok || parsed.value.runOn !== "all") continue;
      const { where } = parsed.value;
      if (!everybody.some((it) => matches(where, it))) found.add(id);
    }
    return found;
  }

  function update(): void {
    const from = [catalog.documents, members(), known];
    if (from.every((it, index) => it === madeFrom[index])) return;
    madeFrom = from;
    const found = find();
    if (found.size === unmatched.size && [...found].every((it) => unmatched.has(it))) return;
    unmatched = found;
    isChosen = (job) => found.has(job.id);
  }

  return {
    choice() {
      update();
      return isChosen;
    },
    async look() {
      update();
      const isFresh = readAt !== undefined && clock.monotonicNow() - readAt < READ_AGAIN_MS;
      if (!isLeader() || unmatched.size === 0 || isFresh) return;
      readAt = clock.monotonicNow();
      try {
        known = (await machines.readAll()).map(factsOf);
      } catch (err) {
        readAt = undefined;
        if (err instanceof StoreUnavailableError) throw err;
        log.error("the machines could not be read", { event: "machines_unread", err });
      }
    },
  };
}

/** What is known of a machine that may be off; the serial is the one that it held last. */
export function factsOf({ machineId, hostname, labels, serial, isDraining }: MachineRecord): MemberFacts {
  return { machineId, hostname, labels, serial: serial ?? (0 as Serial), isDraining };
}
