import { withCallProblems } from "../../model/call-problems.ts";
import type { ReadJob } from "../../model/call-targets.ts";
import type { JobId } from "../../model/job.ts";
import { callsOf } from "../../model/job-calls.ts";
import type { Problem } from "../../model/problem.ts";
import type { JobFileEntry } from "./job-file.ts";

/** Whether any job of a file calls another one, so that it matters what other jobs there are. */
export function callOthers(entries: readonly JobFileEntry[]): boolean {
  return entries.some(({ parsed }) => parsed.ok && callsOf(parsed.value).length > 0);
}

/**
 * The jobs of a file with what is wrong about their calls, among each other and with the stored jobs as they will be
 * when the file is applied.
 * @param stored `undefined`: not known, so that nobody can say which jobs there are not
 * @param replaces the stored job that an entry would replace
 */
export function withCallsJudged(
  entries: readonly JobFileEntry[],
  stored: readonly ReadJob[] | undefined,
  replaces: (entry: JobFileEntry) => JobId | undefined,
): readonly JobFileEntry[] {
  if (!callOthers(entries)) return entries;
  const gone = new Set(entries.flatMap((entry) => replaces(entry) ?? []));
  const others = (stored ?? []).filter(({ id }) => !gone.has(id));
  const asRead = entries.map((entry, index): ReadJob => {
    // Without an id nobody can call it by one.
    const id = replaces(entry) ?? ((entry.id === "" ? `\u0000${index}` : entry.id) as JobId);
    const parsed = entry.parsed.ok ? { ...entry.parsed, warnings: [] } : entry.parsed;
    return { id, name: entry.name, parsed };
  });
  const judged = withCallProblems([...asRead, ...others]);
  return entries.map((entry, index) => {
    const { parsed } = judged[index] ?? entry;
    if (!entry.parsed.ok) return entry;
    const found = parsed.ok ? parsed.warnings : parsed.problems;
    return withProblems(entry, stored === undefined ? found.filter((it) => it.severity === "error") : found);
  });
}

/** The problems of a file begin with the place of the job in it. */
function withProblems(entry: JobFileEntry, found: readonly Problem[]): JobFileEntry {
  if (!entry.parsed.ok || found.length === 0) return entry;
  const problems = [...found.map((it) => ({ ...it, path: `${entry.path}${it.path}` })), ...entry.parsed.warnings];
  const isInvalid = problems.some((it) => it.severity === "error");
  return { ...entry, parsed: isInvalid ? { ok: false, problems } : { ...entry.parsed, warnings: problems } };
}

/** By its id, else by its name, where one job alone has it. */
export function replacedBy(entry: JobFileEntry, stored: readonly ReadJob[]): JobId | undefined {
  if (entry.writtenId !== undefined) return stored.find(({ id }) => id === entry.id)?.id;
  const named = stored.filter(({ name }) => name === entry.name);
  return named.length === 1 ? named[0]?.id : undefined;
}
