import type { Scope } from "../../../src/expression/scope.ts";
import { valueAt } from "../../../src/expression/value-at.ts";
import type { JsonObject } from "../../../src/model/json.ts";

/** What the templates of a test can name: secrets, and `vars`. */
export function scopeOf(secrets: Readonly<Record<string, string>>, vars: JsonObject = {}): Scope {
  return {
    secret: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
    value(name) {
      const value = name.root === "vars" ? valueAt(vars, name.segments) : undefined;
      if (value === undefined) return { found: false, why: `{{${name.text}}} has no value` };
      return { found: true, value };
    },
  };
}
