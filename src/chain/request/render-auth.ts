import { renderText } from "../../expression/render-text.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { Auth } from "../../model/auth.ts";
import { urlProblem } from "./request-url.ts";

const LITERAL: ReadonlySet<string> = new Set(["type", "signature", "clientAuth"]);

/**
 * How a request says who sends it, with its templates filled in; sends nothing. The error may hold a secret: redact it
 * before it is stored.
 */
export function renderAuth<A extends Auth>(auth: A, scope: Scope): Rendered<A> {
  const rendered: Record<string, unknown> = { ...auth };
  for (const [field, template] of Object.entries(auth) as readonly (readonly [string, string | undefined])[]) {
    if (template === undefined || LITERAL.has(field)) continue;
    const text = renderText(template, scope, field === "tokenUrl" ? "url" : "text");
    if (!text.ok) return { ok: false, error: `auth: ${text.error}` };
    rendered[field] = text.value;
  }
  if (typeof rendered["tokenUrl"] === "string") {
    const problem = urlProblem(rendered["tokenUrl"], "auth.token_url");
    if (problem !== undefined) return { ok: false, error: problem };
  }
  return { ok: true, value: rendered as unknown as A };
}
