import { nearName } from "../model/near-name.ts";
import type { ValueName } from "./scope.ts";

type ParsedValueName = { readonly ok: true; readonly name: ValueName } | { readonly ok: false; readonly error: string };

const FACTS: Readonly<Record<"run" | "job" | "machine", readonly string[]>> = {
  run: ["id", "scheduled_for", "local", "error"],
  job: ["name"],
  machine: ["hostname", "id"],
};
const STEP_FIELDS = ["status", "result", "error", "json", "text", "headers", "total", "ok", "failed", "skipped"];
/** Those of which something further can be named. */
const OPEN_STEP_FIELDS = ["json", "headers"];
const ROOTS: readonly string[] = ["vars", "steps", "run", "job", "machine"] satisfies readonly ValueName["root"][];

const SEGMENT = /\.([\p{L}_][\p{L}\p{M}\p{N}_-]*)|\[(\d{1,15})\]|\[("(?:[^"\\]|\\.)*")\]/uy;
/** Longest name that a message repeats in full. */
const SHOWN_LENGTH_MAX = 100;
const HINT = "write \\{{ where two braces are meant";
const FORM = 'write vars.name, vars.list[0] or vars.object["any name"]';

/**
 * A name with a dot: `root`, then `.name`, `[number]` or `["text"]` (a JSON text without braces), at least one.
 * The error says in plain words what is wrong.
 */
export function parseValueName(text: string): ParsedValueName {
  const root = /^[A-Za-z_]+/.exec(text)?.[0];
  if (root === undefined || root === text) return wrong(text, `names nothing; ${HINT}`);
  const segments = parseSegments(text, root.length);
  if (segments === undefined) return wrong(text, `can't be read as a name: ${FORM}; ${HINT}`);
  if (!isRoot(root)) {
    const near = nearName(root, ROOTS);
    const advice =
      near === undefined
        ? `begin with ${ROOTS.join(", ")}, or use a secret {{KEY}}`
        : `did you mean ${near}${text.slice(root.length)}?`;
    return wrong(text, `is nothing that a template can name; ${advice}`);
  }
  const problem =
    root === "vars" ? varProblem(segments) : root === "steps" ? stepProblem(segments) : factProblem(root, segments);
  return problem === undefined ? { ok: true, name: { root, segments, text } } : wrong(text, problem);
}

function parseSegments(text: string, from: number): readonly (string | number)[] | undefined {
  const segments: (string | number)[] = [];
  for (let at = from; at < text.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    const segment = name ?? (index === undefined ? unquoted(quoted ?? "") : Number(index));
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function unquoted(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

function varProblem([name]: readonly (string | number)[]): string | undefined {
  return typeof name === "string" ? undefined : "says no name: write vars.name";
}

function stepProblem([step, field, ...rest]: readonly (string | number)[]): string | undefined {
  if (typeof step !== "string") return 'says no name of a step: write steps.name.status or steps["any name"].status';
  if (field === undefined) return `says nothing of the step: add one of ${STEP_FIELDS.join(", ")}`;
  if (typeof field !== "string" || !STEP_FIELDS.includes(field)) {
    const near = typeof field === "string" ? nearName(field, STEP_FIELDS) : undefined;
    const advice = near === undefined ? `use one of ${STEP_FIELDS.join(", ")}` : `did you mean ${near}?`;
    return `names nothing that a step has; ${advice}`;
  }
  if (field === "headers" && (rest.length !== 1 || typeof rest[0] !== "string")) {
    return 'says no header: write steps.name.headers.location or steps.name.headers["x-name"]';
  }
  if (rest.length > 0 && !OPEN_STEP_FIELDS.includes(field))
    return `names something inside of "${field}", which has no parts`;
  return undefined;
}

function factProblem(root: keyof typeof FACTS, [fact, ...rest]: readonly (string | number)[]): string | undefined {
  const facts = FACTS[root];
  if (typeof fact === "string" && rest.length === 0 && facts.includes(fact)) return undefined;
  const near = typeof fact === "string" && rest.length === 0 ? nearName(fact, facts) : undefined;
  const known = facts.map((name) => `${root}.${name}`).join(", ");
  return `is nothing that a template can name; ${near === undefined ? `use ${known}` : `did you mean ${root}.${near}?`}`;
}

function isRoot(root: string): root is ValueName["root"] {
  return ROOTS.includes(root);
}

function wrong(text: string, problem: string): ParsedValueName {
  const shown = text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
  return { ok: false, error: `{{${shown}}} ${problem}` };
}
