import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "./json-text.ts";
import { renderText } from "./template.ts";
import type { Rendered, Scope } from "./template.ts";

/** Renders the texts of a value at any depth; keys of objects stay as they are. */
export function renderJson(value: JsonValue, scope: Scope): Rendered<JsonValue> {
  if (typeof value === "string") return renderText(value, scope, "text");
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { ok: false, error: `${value} can't be written as JSON: use a number or null` };
  }
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return { ok: true, value };
  if (isList(value)) return renderList(value, scope);
  // No prototype, so that a key such as `__proto__` is a key like any other.
  const object = Object.create(null) as Record<string, JsonValue>;
  for (const [key, inner] of Object.entries(value)) {
    const rendered = renderJson(inner, scope);
    if (!rendered.ok) return rendered;
    object[key] = rendered.value;
  }
  return { ok: true, value: object };
}

function renderList(list: readonly JsonValue[], scope: Scope): Rendered<JsonValue> {
  const items: JsonValue[] = [];
  for (const item of list) {
    const rendered = renderJson(item, scope);
    if (!rendered.ok) return rendered;
    items.push(rendered.value);
  }
  return { ok: true, value: items };
}
