import { type Command, COMMAND_TYPES, type CommandType } from "../model/command.ts";
import type { Parsed } from "../model/problem.ts";
import { readAction } from "./command-action.ts";
import { readTarget } from "./command-target.ts";
import { describe, isAbsent, type Field } from "./field.ts";
import { Findings, type Border } from "./findings.ts";
import { readInstant } from "./instant.ts";
import { nearName } from "../model/near-name.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";

const COMMAND_BORDER: Border = { takesTextNumbers: false, quotesTexts: true };

/**
 * Reads a document of `commands`, in plain values (json.ts). Never throws; problems become the reason of a rejection.
 * Unknown fields are fine, and so is any `created_at`: writers' clocks are never compared.
 */
export function parseCommand(document: unknown, id: string): Parsed<Command> {
  const findings = new Findings(COMMAND_BORDER);
  if (!isPlainObject(document)) {
    findings.error("", "must be an object");
    return findings.conclude<Command>(undefined);
  }
  const fieldOf = (name: string): Field => ({ path: `/${name}`, value: ownValue(document, name), notes: findings });
  const type = readType(fieldOf("type"));
  const target = readTarget(fieldOf("target"));
  const expiresAt = readInstant(fieldOf("expires_at"));
  const action = type === undefined ? undefined : readAction(type, fieldOf);
  if (action === undefined || target === undefined) return findings.conclude<Command>(undefined);
  return findings.conclude({ id, action, target, expiresAt });
}

function readType(field: Field): CommandType | undefined {
  const found = COMMAND_TYPES.find((type) => type === field.value);
  if (found === undefined) field.notes.error(field.path, typeProblem(field));
  return found;
}

function typeProblem(field: Field): string {
  if (isAbsent(field)) return `is missing; write one of ${COMMAND_TYPES.join(", ")}`;
  if (typeof field.value !== "string") return `must be one of ${COMMAND_TYPES.join(", ")}, got ${describe(field)}`;
  const near = nearName(field.value, COMMAND_TYPES);
  const hint = near === undefined ? `write one of ${COMMAND_TYPES.join(", ")}` : `did you mean ${near}?`;
  return `unknown command type ${describe(field)}; ${hint}`;
}
