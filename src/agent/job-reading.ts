import type { JobId } from "../model/job.ts";
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
  const published = new Map<JobId, Published>();

  async function publish(): Promise<void> {
    if (!isLeader()) return published.clear();
    const changed = [...catalog.documents.values()].filter((it) => !isPublished(it));
    for (let from = 0; from < changed.length; from += TOLD_AT_ONCE) {
      const some = changed.slice(from, from + TOLD_AT_ONCE);
      await jobHealth.publish(some.map(healthOf));
      for (const document of some) {
        published.set(document.id, document);
        recordInvalid(document);
      }
    }
  }

  function isPublished({ id, revision, parsed }: JobDocument): boolean {
    const before = published.get(id);
    if (before?.revision !== revision) return false;
    return before.parsed === parsed || problemsText(before.parsed) === problemsText(parsed);
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

/** What is wrong with the calls of a job can change without its document. */
type Published = Pick<JobDocument, "revision" | "parsed">;

function problemsText(parsed: JobDocument["parsed"]): string {
  const problems = parsed.ok ? parsed.warnings : parsed.problems;
  return [parsed.ok, ...problems.map((it) => `${it.path} ${it.message}`)].join("\n");
}

function healthOf({ id, name, revision, parsed }: JobDocument) {
  return { jobId: id, name, revision, valid: parsed.ok, problems: parsed.ok ? parsed.warnings : parsed.problems };
}
