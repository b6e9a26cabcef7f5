import {
  type Command,
  COMMAND_TYPES,
  type CommandAction,
  type CommandTarget,
  type CommandType,
} from "../model/command.ts";
import type { Serial } from "../model/member.ts";
import type { Parsed } from "../model/problem.ts";
import { quote } from "./describe-value.ts";
import { describe, isAbsent, type Field } from "./field.ts";
import { Findings, type Border } from "./findings.ts";
import { readInstant } from "./instant.ts";
import { nearName } from "./near-field.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readFilledText } from "./read-values.ts";
import { asksForNothing } from "./unsupported-fields.ts";

const COMMAND_BORDER: Border = { takesTextNumbers: false, quotesTexts: true };

/** Types that the design has and this version has not. */
const UNSUPPORTED_TYPES = ["pause_job", "resume_job", "drain", "undrain", "log_level"];

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
  const fieldOf = (name: string): Field => childOf({ path: "", value: document, notes: findings }, name);
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
  if (UNSUPPORTED_TYPES.includes(field.value)) return `${quote(field.value)} is not supported by this version yet`;
  const near = nearName(field.value, COMMAND_TYPES);
  const hint = near === undefined ? `write one of ${COMMAND_TYPES.join(", ")}` : `did you mean ${near}?`;
  return `unknown command type ${describe(field)}; ${hint}`;
}

function readTarget(field: Field): CommandTarget | undefined {
  const { value, path, notes } = field;
  const ways = "write all, leader, a machine id, a hostname or a serial";
  if (isAbsent(field)) {
    notes.error(path, `is missing; ${ways}`);
    return undefined;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    const serial = Number(value);
    if (Number.isSafeInteger(serial) && serial >= 1) return { kind: "serial", serial: serial as Serial };
    notes.error(path, `must be a serial from 1 upwards when it is a number, got ${describe(field)}`);
    return undefined;
  }
  if (typeof value === "string") return readNamedTarget(field);
  // An object here could reach a query as an operator.
  const isLabels = isPlainObject(value) && Object.hasOwn(value, "labels");
  notes.error(
    path,
    `${isLabels ? "labels are not supported by this version yet" : `can't be ${describe(field)}`}; ${ways}`,
  );
  return undefined;
}

function readNamedTarget(field: Field): CommandTarget | undefined {
  const name = readFilledText(field)?.trim();
  if (name === undefined) return undefined;
  if (name === "all" || name === "leader") return { kind: name };
  if (/^\d{1,5}$/.test(name))
    field.notes.warn(field.path, `names a machine; for the serial write ${name} without quotes`);
  return { kind: "machine", name };
}

function readAction(type: CommandType, fieldOf: (name: string) => Field): CommandAction | undefined {
  const args = fieldOf("args");
  if (!isAbsent(args) && !isPlainObject(args.value)) {
    args.notes.error(args.path, `must be an object, got ${describe(args)}`);
    return undefined;
  }
  if (type === "run_job") {
    for (const vars of [childOf(args, "vars"), fieldOf("vars")]) {
      if (!asksForNothing(vars.value))
        vars.notes.error(vars.path, "vars are not supported by this version yet; remove them");
    }
    const job = readArgument(args, "job", fieldOf, "which job: its id or name");
    return job === undefined ? undefined : { type, job };
  }
  if (type === "cancel_run") {
    const run = readArgument(args, "run", fieldOf, "which run: its id");
    return run === undefined ? undefined : { type, run };
  }
  return { type };
}

/** An argument in `args`, or beside it as the short form. */
function readArgument(args: Field, name: string, fieldOf: (name: string) => Field, what: string): string | undefined {
  const inside = childOf(args, name);
  const field = isAbsent(inside) && !isAbsent(fieldOf(name)) ? fieldOf(name) : inside;
  if (isAbsent(field)) field.notes.error(field.path, `is missing; say ${what}`);
  return readFilledText(field);
}

function childOf(parent: Field, name: string): Field {
  const value = isPlainObject(parent.value) ? ownValue(parent.value, name) : undefined;
  return { path: pointerTo(parent.path, name), value, notes: parent.notes };
}
