import type { EpochMs } from "../model/time.ts";
import { describe, isAbsent, type Field } from "./field.ts";

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** A date, or an ISO text with an offset; `undefined` when absent or wrong (and then there is a problem). */
export function readInstant(field: Field): EpochMs | undefined {
  if (isAbsent(field)) return undefined;
  const at = instantIn(field.value);
  if (at !== undefined) return at as EpochMs;
  const remedy = 'must be a date, or a text with an offset such as "2026-12-01T09:00:00Z"';
  field.notes.error(field.path, `${remedy}, got ${describe(field)}`);
  return undefined;
}

function instantIn(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== "string") return undefined;
  const parts = INSTANT.exec(value.trim());
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second = "0"] = parts;
  const wall = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)));
  // Date.UTC carries 31 April over into May; people who wrote it meant something else.
  const asWritten = wall.toISOString().slice(0, 16) === `${year}-${month}-${day}T${hour}:${minute}`;
  if (!asWritten || Number(second) > 59) return undefined;
  const at = Date.parse(value.trim().replace(" ", "T"));
  return Number.isNaN(at) ? undefined : at;
}
