import type { CalledJobs } from "../chain/chain-ports.ts";
import { withCallProblems } from "../model/call-problems.ts";
import type { Job, RevisionId } from "../model/job.ts";
import type { Parsed } from "../model/problem.ts";

/** The jobs that a rehearsed one may call. */
export interface GivenJobs {
  /** Why the job itself can't be run: its calls lead back to it, or too far. */
  readonly problem: string | undefined;
  readonly calls: CalledJobs;
}

interface Read {
  readonly id: Job["id"];
  readonly name: string;
  readonly parsed: Parsed<Job>;
}

/** Jobs to be found by id, else by name, and judged by their calls of each other, as a fleet does with its own. */
export function givenJobs(job: Job, others: readonly Job[]): GivenJobs {
  const [own, ...judged] = withCallProblems([asRead(job), ...others.map(asRead)]);
  const revisionOf = (it: Read): RevisionId => `test ${judged.indexOf(it)}` as RevisionId;

  async function find(idOrName: string): ReturnType<CalledJobs["find"]> {
    const named = judged.filter(({ name }) => name === idOrName);
    const found = judged.find(({ id }) => id === idOrName) ?? named[0];
    if (found === undefined) return { problem: `no job "${idOrName}" is given: put its document into given.jobs` };
    if (found.id !== idOrName && named.length > 1) {
      return { problem: `${named.length} of the given jobs are named "${idOrName}"; name one of them by its id` };
    }
    const { parsed } = found;
    return parsed.ok
      ? { job: parsed.value, revision: revisionOf(found) }
      : { problem: `the given job "${idOrName}" is invalid: ${problemOf(parsed)}` };
  }

  return {
    problem: own === undefined ? undefined : problemOf(own.parsed),
    calls: {
      find,
      async revision(id) {
        const found = judged.find((it) => revisionOf(it) === id)?.parsed;
        return found?.ok === true ? found.value : undefined;
      },
    },
  };
}

function asRead(job: Job): Read {
  return { id: job.id, name: job.name, parsed: { ok: true, value: job, warnings: [] } };
}

function problemOf(parsed: Parsed<Job>): string | undefined {
  return parsed.ok ? undefined : parsed.problems.find(({ severity }) => severity === "error")?.message;
}
