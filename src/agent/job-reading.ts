import type { JobId, RevisionId } from "../model/job.ts";
import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { JobDocument } from "../ports/job-source.ts";
import type { JobCatalog } from "./job-catalog.ts";

/** Jobs that are told about together. */
const TOLD_AT_ONCE = 500;
/** The jobs are read this long before each minute, so that an edit counts from that minute on. */
const READ_AHEAD_MS = 1_500;

export interface JobReadingDeps {
  readonly catalog: JobCatalog;
  readonly jobHealth: JobHealthStore;
  readonly isLeader: () => boolean;
  /** Called when any job differs from before. */
  readonly onChange: () => void;
  readonly events: EventLog;
}

/** Reads the jobs; the leader also tells, for people and `job list`, which documents are valid. */
export interface JobReading {
  /** @throws {StoreUnavailableError} */
  read(): Promise<void>;
}

export function createJobReading({ catalog, jobHealth, isLeader, onChange, events }: JobReadingDeps): JobReading {
  const published = new Map<JobId, RevisionId>();

  async function publish(): Promise<void> {
    if (!isLeader()) return published.clear();
    const changed = [...catalog.documents.values()].filter((it) => published.get(it.id) !== it.revision);
    for (let from = 0; from < changed.length; from += TOLD_AT_ONCE) {
      const some = changed.slice(from, from + TOLD_AT_ONCE);
      await jobHealth.publish(some.map(healthOf));
      for (const document of some) {
        published.set(document.id, document.revision);
        recordInvalid(document);
      }
    }
  }

  function recordInvalid({ id, name, parsed }: JobDocument): void {
    if (parsed.ok) return;
    const problems = parsed.problems.map((it) => `${it.path} ${it.message}`).join("; ");
    const facts = { job_id: id, job: name };
    events.record({ type: "job_invalid", message: `job "${name}" is invalid: ${problems}`, facts });
  }

  return {
    async read() {
      if (await catalog.refresh()) onChange();
      await publish();
    },
  };
}

/** How long until the jobs are to be read again, by the server's time. */
export function untilNextReadMs(now: EpochMs): number {
  const untilMinuteMs = MINUTE_MS - (now % MINUTE_MS);
  return untilMinuteMs > READ_AHEAD_MS ? untilMinuteMs - READ_AHEAD_MS : untilMinuteMs + MINUTE_MS - READ_AHEAD_MS;
}

function healthOf({ id, name, revision, parsed }: JobDocument) {
  return { jobId: id, name, revision, valid: parsed.ok, problems: parsed.ok ? parsed.warnings : parsed.problems };
}
