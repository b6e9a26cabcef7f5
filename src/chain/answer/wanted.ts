import type { ValueName } from "../../expression/scope.ts";
import { templatesIn } from "../../expression/template.ts";
import type { Job } from "../../model/job.ts";

/** What a template can name of an answer beside its status: a singular JSONPath, a header in small letters, the text. */
export type AnswerPart =
  | { readonly kind: "json"; readonly path: string }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "text" };

/** With a sign that no capture has in its name, as the others have. */
const TEXT_KEY = "text$";

/**
 * What the templates of a job name of the answers of its steps, as keys of `Step.values`, by the name of the step. Steps
 * of one name at different depths share what is wanted of any of them.
 *
 * Every text of an action counts, whatever its field: where one holds a template that is never filled in, a value too many
 * is kept, but a field that is forgotten here would be a value that is missing at run time.
 */
export function wantedValues(
  job: Pick<Job, "actions" | "onFailure" | "finally">,
): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, Set<string>>();
  for (const template of templatesIn([job.actions, job.onFailure, job.finally])) {
    if (template.kind !== "value") continue;
    const key = stepValueKey(template.name);
    const name = template.name.segments[0];
    if (key === undefined || typeof name !== "string") continue;
    const keys = wanted.get(name) ?? new Set();
    wanted.set(name, keys.add(key));
  }
  return new Map([...wanted].map(([name, keys]) => [name, [...keys]]));
}

/**
 * Under which key of `Step.values` there is what a template names of an answer: `steps.login.json.items[0].id` is
 * `json$.items[0].id`, `steps.login.headers.Location` is `header:location`, `steps.login.text` is `text$`. No
 * capture has such a name. `undefined`: it names something else, as `steps.login.status` does, or nothing.
 */
export function stepValueKey({ root, segments }: Pick<ValueName, "root" | "segments">): string | undefined {
  if (root !== "steps") return undefined;
  const [, part, ...inner] = segments;
  if (part === "json") return `json${canonicalPath(inner)}`;
  if (part === "text" && inner.length === 0) return TEXT_KEY;
  const [header, ...beyond] = inner;
  if (part !== "headers" || typeof header !== "string" || beyond.length > 0) return undefined;
  return `header:${header.toLowerCase()}`;
}

/** What a key of `stepValueKey` stands for. */
export function answerPart(key: string): AnswerPart | undefined {
  if (key === TEXT_KEY) return { kind: "text" };
  if (key.startsWith("header:")) return { kind: "header", name: key.slice("header:".length) };
  return key.startsWith("json$") ? { kind: "json", path: key.slice("json".length) } : undefined;
}

/** What RFC 9535 takes as a name after a dot. */
const SHORT_NAME = /^[A-Za-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*$/u;

function canonicalPath(segments: readonly (string | number)[]): string {
  const steps = segments.map((segment) => {
    if (typeof segment === "number") return `[${segment}]`;
    return SHORT_NAME.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
  });
  return `$${steps.join("")}`;
}
