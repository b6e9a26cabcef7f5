import type { EpochMs } from "../../model/time.ts";
import { answerOf, type WhyAnswer } from "./answer.ts";
import type { AskedTime } from "./asked-time.ts";
import { type AskedJob, createVersionReader, gatherEvidence, type WhyPorts } from "./evidence.ts";

/**
 * Why a job ran, ran late or did not run at the minute that a person asks about. A wall time that came twice has one
 * answer, about the one that counts, unless the job was due at both. @throws {StoreUnavailableError}
 */
export async function explain(ports: WhyPorts, job: AskedJob, asked: AskedTime): Promise<readonly WhyAnswer[]> {
  const readVersion = createVersionReader(ports.revisions, job.document);
  const answers: WhyAnswer[] = [];
  for (const at of asked.moments) answers.push(await explainAt(at));
  const due = answers.filter(isDue);
  return due.length > 0 ? due : answers.slice(0, 1);

  async function explainAt(at: EpochMs): Promise<WhyAnswer> {
    return answerOf(await gatherEvidence(ports, job, at), asked, readVersion);
  }
}

function isDue({ scopes }: WhyAnswer): boolean {
  return scopes.some((it) => it.due?.kind === "due" || "record" in it.outcome);
}
