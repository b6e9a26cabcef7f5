import type { Job } from "../model/job.ts";
import type { JsonValue } from "../model/json.ts";
import { secretsNamedIn } from "./templates.ts";

/** The secrets that a job's requests name, each once, in the order of the alphabet. */
export function secretsOfJob({ actions }: Pick<Job, "actions">): readonly string[] {
  const texts = actions.flatMap(({ url, headers, params, body }) => {
    return [url, ...Object.values(headers), ...textsIn(params), ...(body === undefined ? [] : textsIn(body))];
  });
  return [...new Set(texts.flatMap(secretsNamedIn))].sort();
}

function textsIn(value: JsonValue): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((inner: JsonValue) => textsIn(inner));
}
