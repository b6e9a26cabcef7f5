import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export type JobDocument = Readonly<Record<string, unknown>>;

/** A time in a job's documents that is too long to wait for in a trial: this field, from this many seconds to that many. */
export interface ShorterTime {
  readonly field: string;
  readonly from: number;
  readonly to: number;
}

/** A document of an example's folder, e.g. `fan-out/job.json`. */
export async function readJobFile(path: string): Promise<JobDocument> {
  const file = fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
  return JSON.parse(await readFile(file, "utf8")) as JobDocument;
}

/**
 * The document with shorter times and nothing else changed.
 * @throws for a time that is not in it: the folder says something else by then
 */
export function withShorterTimes(document: JobDocument, times: readonly ShorterTime[]): JobDocument {
  const used = new Set<ShorterTime>();
  const shorten = (value: unknown, field: string): unknown => {
    const time = times.find((it) => it.field === field && it.from === value);
    if (time !== undefined) used.add(time);
    if (time !== undefined) return time.to;
    if (Array.isArray(value)) return value.map((it) => shorten(it, ""));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, shorten(it, name)]));
  };
  const shorter = shorten(document, "") as JobDocument;
  const unused = times.find((it) => !used.has(it));
  if (unused !== undefined) throw new Error(`no ${unused.field} of the job is ${unused.from} seconds`);
  return shorter;
}
