import { withCallProblems } from "../model/call-problems.ts";
import type { Job, JobId, RevisionId } from "../model/job.ts";
import type { JobPause } from "../model/pause.ts";
import type { JobDocument, JobSource } from "../ports/job-source.ts";
import type { Log } from "../ports/log.ts";
import type { PauseStore } from "../ports/pause-store.ts";
import type { RevisionStore } from "../ports/revision-store.ts";

export interface JobCatalogDeps {
  readonly source: JobSource;
  readonly pauses: Pick<PauseStore, "read">;
  readonly revisions: RevisionStore;
  readonly log: Log;
}

/** The jobs as they were last read, and those of former times by revision. */
export interface JobCatalog {
  /** By id, those on a cycle of calls invalid; empty before the first reading. */
  readonly documents: ReadonlyMap<JobId, JobDocument>;
  /** Read together with the jobs; another object when any differs from before. */
  readonly pauses: ReadonlyMap<JobId, JobPause>;
  /** False before the first reading. */
  readonly isRead: boolean;
  /** How many readings were begun so far; they are numbered from 1. */
  readonly begun: number;
  /** The number of the reading that `documents` and `pauses` come from; 0 before the first. */
  readonly reading: number;
  /** Reads every job and every pause; true when anything differs from before. @throws {StoreUnavailableError} */
  refresh(): Promise<boolean>;
  /** By id, else by name; several share a name: all of them. */
  find(idOrName: string): readonly JobDocument[];
  /** The job of a revision that is or was; `undefined` when nothing valid is stored under it. @throws {StoreUnavailableError} */
  revision(id: RevisionId): Promise<Job | undefined>;
}

/** Former revisions kept in memory; takeovers and edits ask for few. */
const FORMER_MAX = 200;

export function createJobCatalog({ source, pauses: pauseStore, revisions, log }: JobCatalogDeps): JobCatalog {
  let documents: ReadonlyMap<JobId, JobDocument> = new Map();
  let pauses: ReadonlyMap<JobId, JobPause> = new Map();
  let isRead = false;
  let readings = 0;
  let newest = 0;
  let byRevision = new Map<RevisionId, JobDocument>();
  const former = new Map<RevisionId, Job | undefined>();
  const saidInvalid = new Set<string>();

  /** Once for each content; what is wrong with the calls of a job can change without it. */
  function sayProblems(document: JobDocument): void {
    if (document.parsed.ok) return;
    const problems = document.parsed.problems.map((it) => `${it.path} ${it.message}`);
    const said = [document.revision, ...problems].join("\n");
    if (saidInvalid.has(said)) return;
    saidInvalid.add(said);
    log.warn("a job document is invalid and is not run; the others are", {
      event: "job_invalid",
      job: document.name,
      job_id: document.id,
      problems,
    });
  }

  /** Keeps the former object when it says the same. */
  function takeIn(read: ReadonlyMap<JobId, JobPause>): boolean {
    const isSame =
      read.size === pauses.size &&
      [...read].every(([id, { until }]) => {
        const before = pauses.get(id);
        return before !== undefined && before.until === until;
      });
    if (!isSame) pauses = read;
    return !isSame;
  }

  return {
    get documents() {
      return documents;
    },
    get pauses() {
      return pauses;
    },
    get isRead() {
      return isRead;
    },
    get begun() {
      return readings;
    },
    get reading() {
      return newest;
    },
    async refresh() {
      const reading = ++readings;
      const [read, paused] = await Promise.all([source.readAll(), pauseStore.read()]);
      // Two readings overlapped, and a later one came first: it knows more.
      if (reading < newest) return false;
      newest = reading;
      isRead = true;
      const isPauseOther = takeIn(paused);
      const isSame =
        read.length === documents.size && read.every((it) => documents.get(it.id)?.revision === it.revision);
      if (isSame) return isPauseOther;
      const judged = withCallProblems(read);
      documents = new Map(judged.map((it) => [it.id, it]));
      // A run keeps to its own revision, whatever the other jobs have become.
      byRevision = new Map(read.map((it) => [it.revision, it]));
      for (const document of judged) sayProblems(document);
      return true;
    },
    find(idOrName) {
      const byId = documents.get(idOrName as JobId);
      if (byId !== undefined) return [byId];
      return [...documents.values()].filter((it) => it.name === idOrName);
    },
    async revision(id) {
      const current = byRevision.get(id);
      if (current !== undefined) return current.parsed.ok ? current.parsed.value : undefined;
      if (!former.has(id)) {
        const stored = await revisions.read(id);
        if (former.size >= FORMER_MAX) former.clear();
        former.set(id, stored?.parsed.ok === true ? stored.parsed.value : undefined);
      }
      return former.get(id);
    },
  };
}
