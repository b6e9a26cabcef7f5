import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import { lookUp, renderText } from "./render-text.ts";
import type { Rendered, Scope } from "./scope.ts";
import { onlyTemplate } from "./template.ts";

/**
 * Renders the texts of a value at any depth; names of fields stay as they are. A text that is one template becomes its
 * value, of whatever type; a secret stays a text.
 */
export function renderValue(value: JsonValue, scope: Scope): Rendered<JsonValue> {
  if (typeof value === "string") return renderTyped(value, scope);
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { ok: false, error: `${value} can't be written as JSON: use a number or null` };
  }
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return { ok: true, value };
  if (isList(value)) return renderList(value, scope);
  // No prototype, so that a key such as `__proto__` is a key like any other.
  const object = Object.create(null) as Record<string, JsonValue>;
  for (const [key, inner] of Object.entries(value)) {
    const rendered = renderValue(inner, scope);
    if (!rendered.ok) return rendered;
    object[key] = rendered.value;
  }
  return { ok: true, value: object };
}

function renderTyped(text: string, scope: Scope): Rendered<JsonValue> {
  const only = onlyTemplate(text);
  if (only === undefined) return renderText(text, scope, "text");
  const found = lookUp(only, scope);
  return found.found ? { ok: true, value: found.value } : { ok: false, error: found.why };
}

function renderList(list: readonly JsonValue[], scope: Scope): Rendered<JsonValue> {
  const items: JsonValue[] = [];
  for (const item of list) {
    const rendered = renderValue(item, scope);
    if (!rendered.ok) return rendered;
    items.push(rendered.value);
  }
  return { ok: true, value: items };
}
