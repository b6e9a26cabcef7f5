import { CostlySearchError } from "../../expression/costly-search-error.ts";
import type { Effort } from "../../expression/effort.ts";
import { compilePath } from "../../expression/json-path.ts";
import type { JsonValue } from "../../model/json.ts";

export type FoundPath =
  | { readonly ok: true; readonly finds: readonly JsonValue[]; readonly isSingular: boolean }
  /** In plain words, without anything out of the value. */
  | { readonly ok: false; readonly error: string };

/** What a JSONPath finds in a value, or why that can't be told. */
export function findPath(path: string, value: JsonValue, effort: Effort): FoundPath {
  const compiled = compilePath(path);
  if (!compiled.ok) return compiled;
  const { isSingular } = compiled.path;
  try {
    return { ok: true, finds: compiled.path.find(value, effort), isSingular };
  } catch (error) {
    if (error instanceof CostlySearchError) return { ok: false, error: error.message };
    throw error;
  }
}
