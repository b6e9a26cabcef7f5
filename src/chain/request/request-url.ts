import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { HttpAction } from "../../model/action.ts";
import type { JsonObject } from "../../model/json.ts";
import { queryText, withQuery } from "./query-text.ts";

const CONTROL = /\p{Cc}/u;

/** The URL of an action, its params in the query; values are encoded for their place, secrets stand as they are. */
export function renderUrl(action: Pick<HttpAction, "url" | "params">, scope: Scope): Rendered<string> {
  const text = renderText(action.url, scope, "url");
  if (!text.ok) return text;
  const params = renderValue(action.params, scope);
  if (!params.ok) return params;
  const full = withQuery(text.value.trim(), queryText(params.value as JsonObject));
  const problem = urlProblem(full, "the URL");
  return problem === undefined ? { ok: true, value: new URL(full).href } : { ok: false, error: problem };
}

/**
 * Why this can't be requested, in plain words; `undefined` when it can.
 * @param what how the message calls it
 */
export function urlProblem(text: string, what: string): string | undefined {
  // `new URL` would silently take tabs and line breaks out.
  if (CONTROL.test(text)) return `${what} holds a control character or a line break`;
  if (!URL.canParse(text)) return `"${text}" is not a URL: it must begin with http:// or https://`;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `${what} is of another kind: only http:// and https:// can be requested`;
  }
  if (url.username !== "" || url.password !== "") {
    return `${what} holds a user name or password: send them with "auth"`;
  }
  return undefined;
}
