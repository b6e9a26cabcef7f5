import { renderText } from "../../expression/render-text.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";

const CONTROL = /\p{Cc}/u;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_HEADER_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** True when a header of this lower-case name is there in whatever case. */
export function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return headerValue(headers, name) !== undefined;
}

/** The value of a header, by its lower-case name, in whatever case it is written. */
export function headerValue(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The same headers and one more; without a prototype, so that no name can reach one. */
export function withHeader(
  headers: Readonly<Record<string, string>>,
  name: string,
  value: string,
): Record<string, string> {
  return Object.assign(Object.create(null) as Record<string, string>, headers, { [name]: value });
}

/** Headers with their templates filled in; a value that could end its header, or that has no place in one, is an error. */
export function renderHeaders(
  templates: Readonly<Record<string, string>>,
  scope: Scope,
): Rendered<Record<string, string>> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, template] of Object.entries(templates)) {
    if (!HEADER_NAME.test(name)) return { ok: false, error: `"${name}" can't be the name of a header` };
    const rendered = renderText(template, scope, "text");
    if (!rendered.ok) return rendered;
    const unfit = unfitForHeader(rendered.value);
    if (unfit !== undefined) return { ok: false, error: `the value of header "${name}" ${unfit}` };
    headers[name] = rendered.value;
  }
  return { ok: true, value: headers };
}

/** Why a text can't be the value of a header, to follow the name of what it is; `undefined` when it can. */
export function unfitForHeader(value: string): string | undefined {
  const character = NOT_IN_HEADER_VALUE.exec(value)?.[0];
  if (character === undefined) return undefined;
  if (CONTROL.test(character)) return "holds a line break or another control character";
  return "holds a character outside Latin-1: encode it first";
}
