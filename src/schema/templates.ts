import { nearName } from "./near-field.ts";

/** What templates with a dot can name. */
const DOTTED_NAMES = ["run.id", "run.scheduled_for", "run.local", "job.name", "machine.hostname", "machine.id"];

const TEMPLATE = /\\\{\{|\{\{([^{}]*)\}\}/g;
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** What is wrong with the first wrong template of a text, in words. Whether a secret exists only its machine knows. */
export function templateProblem(text: string): string | undefined {
  for (const [, inside] of text.matchAll(TEMPLATE)) {
    const name = inside?.trim();
    if (name === undefined || isSecretName(name) || DOTTED_NAMES.includes(name)) continue;
    if (!/^[A-Za-z_][\w.[\]-]*$/.test(name))
      return "holds {{…}} that names nothing; write \\{{ where two braces are meant";
    const near = nearName(name, DOTTED_NAMES);
    const hint =
      near === undefined ? `use a secret {{KEY}} or one of ${DOTTED_NAMES.join(", ")}` : `did you mean ${near}?`;
    return `the template {{${name}}} is not supported by this version; ${hint}`;
  }
  return undefined;
}

/** The text with each template replaced, to look at what is around them. */
export function withoutTemplates(text: string, standIn: string): string {
  return text.replace(TEMPLATE, (_, inside: string | undefined) => (inside === undefined ? "{{" : standIn));
}

/** The secrets that the templates of a text name. */
export function secretsNamedIn(text: string): readonly string[] {
  return [...text.matchAll(TEMPLATE)].flatMap(([, inside]) => {
    const name = inside?.trim();
    return name !== undefined && isSecretName(name) ? [name] : [];
  });
}
