import type { HttpAction } from "../model/job.ts";
import { cutText } from "./unicode.ts";

const STEP_NAME_LENGTH_MAX = 100;

/** What people read of a step: its name, else method and address as written, with templates unfilled and no query. */
export function stepName(action: HttpAction, index: number): string {
  const address = action.url
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/[?#].*$/s, "")
    .replace(/^[^/]*@/, "")
    .replace(/\/$/, "");
  const name = action.name?.trim() || (address === "" ? `step ${index + 1}` : `${action.method} ${address}`);
  return cutText(name.replaceAll("\u0000", ""), STEP_NAME_LENGTH_MAX, STEP_NAME_LENGTH_MAX);
}
