import type { Secrets } from "../model/config.ts";
import { isoSeconds } from "../model/time.ts";
import type { RunFacts } from "../model/run.ts";

/** What templates can name. */
export interface Scope {
  /** `{{KEY}}`. */
  readonly secrets: Secrets;
  /** Everything with a dot: `run.id`, `machine.hostname`. */
  readonly values: ReadonlyMap<string, string>;
}

/** A rendered thing, or in plain words why it could not be rendered. */
export type Rendered<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Where a text goes: into a URL, values are percent-encoded, but secrets stand as they are (`{{BASE_URL}}/login`). */
export type Place = "text" | "url";

export interface MachineFacts {
  readonly hostname: string;
  readonly machineId: string;
}

/** What the templates of a run can name. */
export function createScope(run: RunFacts, machine: MachineFacts, secrets: Secrets): Scope {
  const values = new Map([
    ["run.id", run.id],
    ["run.scheduled_for", isoSeconds(run.scheduledFor)],
    ["run.local", run.local],
    ["job.name", run.jobName],
    ["machine.hostname", machine.hostname],
    ["machine.id", machine.machineId],
  ]);
  return { secrets, values };
}

const TEMPLATE = /\\\{\{|\{\{([^{}]*)\}\}/g;

/**
 * Puts values into the templates of a text, in a single pass: what a value holds is never read as a template.
 * `\{{` is a literal `{{`. The first name that nothing defines is an error.
 */
export function renderText(text: string, scope: Scope, place: Place): Rendered<string> {
  let missing: string | undefined;
  const value = text.replace(TEMPLATE, (whole: string, inside: string | undefined) => {
    if (inside === undefined) return "{{";
    const found = lookUp(inside.trim(), scope, place);
    if (found === undefined) missing ??= inside.trim();
    return found ?? whole;
  });
  return missing === undefined ? { ok: true, value } : { ok: false, error: missingText(missing) };
}

function lookUp(name: string, { secrets, values }: Scope, place: Place): string | undefined {
  const value = values.get(name);
  if (value === undefined) return secrets.get(name);
  return place === "url" ? encodeURIComponent(value) : value;
}

function missingText(name: string): string {
  const hint = "write \\{{ where two braces are meant";
  if (name.includes(".")) return `{{${name}}} is nothing that a template can name; ${hint}`;
  return `{{${name}}} is not among the secrets of this machine: add it to "secrets" in its config; ${hint}`;
}
