import type { Action, HttpAction } from "../../model/action.ts";
import { cutText } from "../../model/unicode.ts";

const STEP_NAME_LENGTH_MAX = 100;

/** What people read of a step: its name, else what it does, as written, with templates unfilled and no query. */
export function stepName(action: Action, index: number): string {
  const name = action.name?.trim() || does(action) || `step ${index + 1}`;
  return cutText(name.replaceAll("\u0000", ""), STEP_NAME_LENGTH_MAX, STEP_NAME_LENGTH_MAX);
}

function does(action: Action): string {
  switch (action.type) {
    case "http":
      return doesRequest(action);
    case "for_each":
      return `for each ${action.as}`;
    case "sleep":
      if (action.until !== undefined) return `sleep until ${action.until}`;
      return `sleep ${typeof action.for === "number" ? action.for / 1_000 : action.for} s`;
    case "job":
      return `job ${action.job}`;
  }
}

function doesRequest({ method, url }: HttpAction): string {
  const address = url
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/[?#].*$/s, "")
    .replace(/^[^/]*@/, "")
    .replace(/\/$/, "");
  return address === "" ? "" : `${method} ${address}`;
}
