import { SECRET_LENGTH_HIDDEN_MIN, type Secrets } from "../model/config.ts";
import { isSecretName } from "../expression/template.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { isPlainObject } from "./plain-object.ts";
import { readFilledText, readMap } from "./read-values.ts";

/** Where the values of secrets lie that are not in the config itself. */
export interface SecretSources {
  env(name: string): string | undefined;
  /** The content of a file, or in words why it can't be read. */
  file(path: string): { readonly text: string } | { readonly error: string };
}

/** The secrets by name. What stands in a message is a name or a path, never a value. */
export function readSecrets(field: Field, sources: SecretSources): Secrets {
  const values = readMap(field, (entry, name) => {
    if (!isSecretName(name)) {
      entry.notes.error(entry.path, "is not a secret name; use letters, digits and _, and no digit first");
      return undefined;
    }
    const value = readSecret(entry, sources);
    if (value !== undefined && value.length < SECRET_LENGTH_HIDDEN_MIN) {
      entry.notes.warn(
        entry.path,
        `is shorter than ${SECRET_LENGTH_HIDDEN_MIN} characters, so it is not hidden in logs and samples`,
      );
    }
    return value;
  });
  return new Map(Object.entries(values ?? {}));
}

function readSecret(entry: Field, sources: SecretSources): string | undefined {
  const { value, notes, path } = entry;
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))) return String(value);
  if (isPlainObject(value)) return readReference(entry, sources);
  notes.error(path, 'must be a text, a number, { "env": "NAME" } or { "file": "/path" }');
  return undefined;
}

function readReference(entry: Field, sources: SecretSources): string | undefined {
  const fields = openObject(entry, ["env", "file"]);
  if (fields === undefined) return undefined;
  const [env, file] = [fields("env"), fields("file")];
  if (isAbsent(env) === isAbsent(file)) {
    entry.notes.error(entry.path, 'must hold either "env" or "file"');
    return undefined;
  }
  return isAbsent(env) ? readFromFile(file, sources) : readFromEnvironment(env, sources);
}

function readFromEnvironment(field: Field, sources: SecretSources): string | undefined {
  const name = readFilledText(field);
  const value = name === undefined ? undefined : sources.env(name);
  if (name !== undefined && value === undefined) {
    field.notes.error(field.path, `the environment variable ${name} is not set; set it for the agent`);
  }
  return value;
}

function readFromFile(field: Field, sources: SecretSources): string | undefined {
  const path = readFilledText(field);
  if (path === undefined) return undefined;
  const content = sources.file(path);
  // Editors and `echo` end a file with a line break that is no part of the secret.
  if ("text" in content) return content.text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "");
  field.notes.error(field.path, `the file ${path} can't be read: ${content.error}`);
  return undefined;
}
