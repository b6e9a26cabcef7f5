import type { CommandTarget } from "../model/command.ts";
import type { Serial } from "../model/member.ts";
import { describe, isAbsent, openObject, type Field } from "./field.ts";
import { readLabels } from "./labels-field.ts";
import { isPlainObject } from "./plain-object.ts";
import { readFilledText } from "./read-values.ts";

const WAYS = "write all, leader, a machine id, a hostname, a serial or { labels: { … } }";

/** Whom a command is for; `undefined` when absent or wrong (and then there is a problem). */
export function readTarget(field: Field): CommandTarget | undefined {
  const { value, path, notes } = field;
  if (isAbsent(field)) {
    notes.error(path, `is missing; ${WAYS}`);
    return undefined;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    const serial = Number(value);
    if (Number.isSafeInteger(serial) && serial >= 1) return { kind: "serial", serial: serial as Serial };
    notes.error(path, `must be a serial from 1 upwards when it is a number, got ${describe(field)}`);
    return undefined;
  }
  if (typeof value === "string") return readNamedTarget(field);
  if (isPlainObject(value) && Object.hasOwn(value, "labels")) return readLabelsTarget(field);
  // An object here could reach a query as an operator.
  notes.error(path, `can't be ${describe(field)}; ${WAYS}`);
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

/** No label at all would mean everybody, which nobody is to reach by leaving something out. */
function readLabelsTarget(field: Field): CommandTarget | undefined {
  const labelsField = openObject(field, ["labels"])?.("labels");
  if (labelsField === undefined) return undefined;
  const isEmpty = isPlainObject(labelsField.value) && Object.keys(labelsField.value).length === 0;
  if (isEmpty || isAbsent(labelsField))
    labelsField.notes.error(labelsField.path, "names no label; write all for every machine");
  const labels = readLabels(labelsField);
  return labels === undefined || isEmpty ? undefined : { kind: "labels", labels };
}
