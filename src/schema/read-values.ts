import { quote } from "./describe-value.ts";
import { describe, isAbsent, openList, type Field } from "./field.ts";
import { nearName } from "../model/near-name.ts";
import { emptyMap, isDangerousKey, isPlainObject } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";

/** A text; `undefined` when absent or wrong (and then there is a problem). */
export function readText(field: Field): string | undefined {
  if (isAbsent(field)) return undefined;
  if (typeof field.value === "string") return field.value;
  field.notes.error(field.path, `must be a text, got ${describe(field)}`);
  return undefined;
}

/** A text that says something. */
export function readFilledText(field: Field): string | undefined {
  const text = readText(field);
  if (text === undefined || text.trim() !== "") return text;
  field.notes.error(field.path, "is empty; write something or leave it out");
  return undefined;
}

/** `true` or `false` and nothing that looks like it. */
export function readFlag(field: Field): boolean | undefined {
  if (isAbsent(field)) return undefined;
  if (typeof field.value === "boolean") return field.value;
  field.notes.error(field.path, `must be true or false (without quotes), got ${describe(field)}`);
  return undefined;
}

export function readChoice<Choice extends string>(field: Field, choices: readonly Choice[]): Choice | undefined {
  if (isAbsent(field)) return undefined;
  const found = choices.find((choice) => choice === field.value);
  if (found !== undefined) return found;
  const near = typeof field.value === "string" ? nearName(field.value, choices) : undefined;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  field.notes.error(field.path, `must be one of ${choices.join(", ")}, got ${describe(field)}${hint}`);
  return undefined;
}

const LIST_LENGTH_MAX = 1_000;

export function readTextList(field: Field): readonly string[] | undefined {
  if (isAbsent(field)) return undefined;
  return openList(field, LIST_LENGTH_MAX)?.flatMap((element) => readFilledText(element) ?? []);
}

/** An object whose keys are free; `undefined` when absent or wrong. The keys that could reach a prototype are refused. */
export function readMap<T>(field: Field, readEntry: (entry: Field, key: string) => T | undefined) {
  if (isAbsent(field)) return undefined;
  if (!isPlainObject(field.value)) {
    field.notes.error(field.path, `must be an object, got ${describe(field)}`);
    return undefined;
  }
  const map = emptyMap<T>();
  for (const [key, value] of Object.entries(field.value)) {
    const entry: Field = { path: pointerTo(field.path, key), value, notes: field.notes };
    if (isDangerousKey(key)) {
      field.notes.error(entry.path, `the name ${quote(key)} is refused for safety; choose another`);
      continue;
    }
    const read = readEntry(entry, key);
    if (read !== undefined) map[key] = read;
  }
  return map;
}
