import type { Scope } from "../../src/expression/scope.ts";
import { valueAt } from "../../src/expression/value-at.ts";
import type { JsonObject } from "../../src/model/json.ts";

/** What the templates of a test can name: secrets, and values by the names that begin at their roots. */
export function scopeOf(secrets: Readonly<Record<string, string>>, values: JsonObject = {}): Scope {
  return {
    secret: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
    value({ root, segments, text }) {
      const value = valueAt(values, [root, ...segments]);
      return value === undefined ? { found: false, why: `{{${text}}} has no value` } : { found: true, value };
    },
  };
}

/** A scope with these `vars`. */
export function varsOf(vars: JsonObject): Scope {
  return scopeOf({}, { vars });
}
