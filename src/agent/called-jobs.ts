import type { CalledJobs } from "../chain/chain-ports.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import { findValidJob } from "./command-job.ts";
import type { DatabaseHealth } from "./database-health.ts";
import type { JobCatalog } from "./job-catalog.ts";

const ENDED = { problem: "this agent's part in the run is over" };

/** The jobs that actions name, as this agent last read them; kept as revisions before a run depends on them. */
export function createCalledJobs(
  catalog: JobCatalog,
  revisions: RevisionStore,
  health: DatabaseHealth,
  over: AbortSignal,
): CalledJobs {
  return {
    async find(idOrName) {
      // A run that was handed over may come before the first reading.
      if (!catalog.isRead) await health.untilAnswered(() => catalog.refresh(), over);
      const found = findValidJob(catalog, idOrName);
      if (!found.ok) return over.aborted ? ENDED : { problem: found.why };
      const { document, job } = found.value;
      const isKept = await health.untilAnswered(async () => {
        await revisions.keep([document]);
        return true;
      }, over);
      return isKept === true ? { job, revision: document.revision } : ENDED;
    },
    revision: (id) => health.untilAnswered(() => catalog.revision(id), over),
  };
}
