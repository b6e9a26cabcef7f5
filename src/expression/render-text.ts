import { plainText } from "./plain-text.ts";
import type { Found, Rendered, Scope } from "./scope.ts";
import { parseText } from "./template.ts";
import type { TemplateName } from "./template.ts";
import { createUrlText } from "./url-text.ts";

/** Where a text goes: into a URL, values are percent-encoded, but secrets stand as they are (`{{BASE_URL}}/login`). */
export type Place = "text" | "url";

/** Longest text that templates can make, in UTF-16 units. */
export const RENDERED_LENGTH_MAX = 16 * 1024 * 1024;

/**
 * Puts values into the templates of a text, in a single pass: what a value holds is never read as a template.
 * `\{{` is a literal `{{`. Lists and objects are written as JSON. The first name without a value is an error, and so are
 * null, a result of more than `RENDERED_LENGTH_MAX`, and in a URL whatever would change its shape.
 */
export function renderText(text: string, scope: Scope, place: Place): Rendered<string> {
  const parsed = parseText(text);
  if (!parsed.ok) return parsed;
  return place === "url" ? renderUrl(parsed.parts, scope) : renderPlain(parsed.parts, scope);
}

type Parts = Extract<ReturnType<typeof parseText>, { ok: true }>["parts"];

function renderPlain(parts: Parts, scope: Scope): Rendered<string> {
  let text = "";
  for (const part of parts) {
    const rendered = part.kind === "literal" ? { ok: true as const, value: part.text } : textOf(part, scope);
    if (!rendered.ok) return rendered;
    text += rendered.value;
    if (text.length > RENDERED_LENGTH_MAX) return TOO_LONG;
  }
  return { ok: true, value: text };
}

function renderUrl(parts: Parts, scope: Scope): Rendered<string> {
  const url = createUrlText();
  for (const part of parts) {
    const rendered = part.kind === "literal" ? { ok: true as const, value: part.text } : textOf(part, scope);
    if (!rendered.ok) return rendered;
    if (part.kind === "value") {
      const problem = url.addValue(rendered.value, part.name.text, isWritten(part, scope));
      if (problem !== undefined) return { ok: false, error: problem };
    } else {
      url.addWritten(rendered.value);
    }
    if (url.length() > RENDERED_LENGTH_MAX) return TOO_LONG;
  }
  return url.finish();
}

const TOO_LONG: Rendered<never> = {
  ok: false,
  error: `the text with its templates filled in is longer than ${RENDERED_LENGTH_MAX / 1024 / 1024} million characters; use smaller values`,
};

/** What a template stands for within a longer text. */
function textOf(name: TemplateName, scope: Scope): Rendered<string> {
  const found = lookUp(name, scope);
  if (!found.found) return { ok: false, error: found.why };
  if (found.value !== null) return { ok: true, value: plainText(found.value) };
  const written = name.kind === "secret" ? name.name : name.name.text;
  return { ok: false, error: `{{${written}}} is null, which can't stand within a text` };
}

function isWritten(name: TemplateName, scope: Scope): boolean {
  const found = lookUp(name, scope);
  return found.found && found.isWritten === true;
}

/** What a template stands for. */
export function lookUp(name: TemplateName, scope: Scope): Found {
  if (name.kind === "value") return scope.value(name.name);
  const secret = scope.secret(name.name);
  if (secret !== undefined) return { found: true, value: secret, isWritten: true };
  const why = `{{${name.name}}} is not among the secrets of this machine: add it to "secrets" in its config; write \\{{ where two braces are meant`;
  return { found: false, why };
}
