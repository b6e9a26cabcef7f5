import { ANYWHERE, type Where } from "../model/where.ts";
import { type Field, isAbsent, openList, openObject } from "./field.ts";
import { MAX_SERIAL_LIMIT } from "./fleet-fields.ts";
import { readLabels } from "./labels-field.ts";
import { readNumber } from "./numbers.ts";
import { readTextList } from "./read-values.ts";

const SERIALS_LENGTH_MAX = 1_000;
const HOSTNAME_PATTERN_LENGTH_MAX = 253;

/** `where: { labels, hostnames, machine_ids, serials }`: the machines on which a job may run. */
export function readWhere(field: Field): Where {
  if (isAbsent(field)) return ANYWHERE;
  const fields = openObject(field, ["labels", "hostnames", "machine_ids", "serials"], "refused");
  if (fields === undefined) return ANYWHERE;
  return {
    labels: readLabels(fields("labels")) ?? {},
    hostnames: readHostnames(fields("hostnames")),
    machineIds: readTextList(fields("machine_ids")) ?? [],
    serials: (openList(fields("serials"), SERIALS_LENGTH_MAX) ?? []).flatMap((element) => readSerial(element) ?? []),
  };
}

function readSerial(element: Field): number | undefined {
  if (isAbsent(element)) element.notes.error(element.path, "is missing; write a serial such as 1, or leave it out");
  return readNumber(element, { min: 1, max: MAX_SERIAL_LIMIT, whole: true });
}

function readHostnames(field: Field): readonly string[] {
  const patterns = readTextList(field) ?? [];
  if (patterns.some((it) => it.length > HOSTNAME_PATTERN_LENGTH_MAX))
    field.notes.error(field.path, `no host name is longer than ${HOSTNAME_PATTERN_LENGTH_MAX} characters`);
  return patterns;
}
