import { nestedTexts } from "./nested-texts.ts";
import type { ValueName } from "./scope.ts";
import { parseValueName } from "./value-name.ts";

/** What a template names: `{{KEY}}` a secret, anything with a dot a value. */
export type TemplateName =
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "value"; readonly name: ValueName };

type TemplatePart = { readonly kind: "literal"; readonly text: string } | TemplateName;

/** A text as its parts, or in plain words what is wrong with the first wrong template. */
export type ParsedText =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly error: string };

const TEMPLATE = /\\\{\{|\{\{([^{}]*)\}\}/g;
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * The parts of a text; neighbouring literals are one. `\{{` is a literal `{{`, and so are braces that never close.
 * @example parseText("a {{KEY}} {{vars.ids[0]}}")
 */
export function parseText(text: string): ParsedText {
  const parts: TemplatePart[] = [];
  let literal = "";
  let end = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    const [whole, inside] = match;
    literal += text.slice(end, match.index);
    end = match.index + whole.length;
    if (inside === undefined) {
      literal += "{{";
      continue;
    }
    const named = parseName(inside.trim());
    if (!named.ok) return named;
    if (literal !== "") parts.push({ kind: "literal", text: literal });
    literal = "";
    parts.push(named.name);
  }
  literal += text.slice(end);
  if (literal !== "") parts.push({ kind: "literal", text: literal });
  return { ok: true, parts };
}

/**
 * What all texts of a value, or of any plain data such as an action, name at any depth, in their order; texts with a wrong
 * template give nothing.
 */
export function templatesIn(value: unknown): readonly TemplateName[] {
  return [...nestedTexts(value)].flatMap((text) => {
    const parsed = text.includes("{{") ? parseText(text) : undefined;
    return parsed?.ok === true ? parsed.parts.filter((part) => part.kind !== "literal") : [];
  });
}

/** The name in a text that is one template and nothing else, so that it stands for a value of any type. */
export function onlyTemplate(text: string): TemplateName | undefined {
  const parsed = parseText(text);
  if (!parsed.ok || parsed.parts.length !== 1) return undefined;
  const [part] = parsed.parts;
  return part?.kind === "literal" ? undefined : part;
}

/** The text with each template replaced, to look at what is around them. */
export function withoutTemplates(text: string, standIn: string): string {
  return text.replace(TEMPLATE, (_, inside: string | undefined) => (inside === undefined ? "{{" : standIn));
}

type ParsedName = { readonly ok: true; readonly name: TemplateName } | { readonly ok: false; readonly error: string };

function parseName(name: string): ParsedName {
  if (isSecretName(name)) return { ok: true, name: { kind: "secret", name } };
  const value = parseValueName(name);
  return value.ok ? { ok: true, name: { kind: "value", name: value.name } } : value;
}
