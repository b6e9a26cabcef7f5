import { EXIT, ExitError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { parseCommand } from "../../schema/command.ts";
import { parseJsonc } from "../../schema/jsonc.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";

/**
 * The vars that `--var name=value` gives: a value that is JSON is that value, any other is a text.
 * @throws {ExitError} 2 for what agents would reject
 */
export function readVarPairs(pairs: readonly string[]): JsonObject {
  const vars: Record<string, unknown> = Object.create(null);
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, at));
    if (at < 1) {
      const how = "Write it as name=value, e.g. --var site=seoul or --var 'ids=[1,2]'";
      throw new ExitError(EXIT.usage, `--var "${visible(pair)}" gives no variable`, how);
    }
    if (Object.hasOwn(vars, name)) throw new ExitError(EXIT.usage, `--var ${visible(name)} is there twice; keep one`);
    vars[name] = valueOf(name, pair.slice(at + 1));
  }
  return judged(vars);
}

function valueOf(name: string, text: string): unknown {
  if (!isJson(text)) return text;
  const parsed = parseJsonc(text, { isStored: true });
  if (parsed.ok) return parsed.value;
  throw new ProblemsError(EXIT.usage, `--var ${visible(name)} can't be used as it is:`, parsed.problems);
}

/** A date such as `2026-11-21`, a number with a leading zero or a text with a comment in it is no JSON. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** As the agents will read them, by the same judge. */
function judged(vars: Readonly<Record<string, unknown>>): JsonObject {
  const parsed = parseCommand({ type: "run_job", target: "all", args: { job: "a job", vars } }, "");
  if (!parsed.ok) throw new ProblemsError(EXIT.usage, "these variables can't be given to a run:", parsed.problems);
  const { action } = parsed.value;
  return (action.type === "run_job" ? action.vars : undefined) ?? {};
}
