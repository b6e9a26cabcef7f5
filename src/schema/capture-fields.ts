import { templatesIn } from "../expression/template.ts";
import type { Capture, Captures, CaptureSource } from "../model/capture.ts";
import type { JsonValue } from "../model/json.ts";
import { describe, isAbsent, openObject, type Field, type Fields } from "./field.ts";
import { readLiteralJson } from "./json-value.ts";
import { readPath } from "./path-field.ts";
import { readPattern } from "./pattern-field.ts";
import { readFilledText, readFlag, readMap } from "./read-values.ts";
import { isHeaderName } from "./request-headers.ts";
import { checkValueName } from "./value-name.ts";

const SOURCES = ["path", "header", "status", "text"] as const;
const CAPTURE_FIELDS = [...SOURCES, "default", "sensitive"] as const;
const FORM = '"$.path", or { path, header, status: true or text }';

/** `capture`: what a step takes out of its answer, by the name under `vars`. */
export function readCaptures(field: Field): Captures | undefined {
  const captures = readMap(field, (entry, name) => (checkValueName(name, entry) ? readCapture(entry) : undefined));
  return captures === undefined || Object.keys(captures).length === 0 ? undefined : captures;
}

function readCapture(entry: Field): Capture | undefined {
  if (typeof entry.value === "string") {
    const path = readPath(entry);
    return path === undefined ? undefined : { from: { kind: "json", path }, default: undefined, sensitive: false };
  }
  if (isAbsent(entry) || typeof entry.value !== "object") {
    entry.notes.error(entry.path, `must be ${FORM}, got ${describe(entry)}`);
    return undefined;
  }
  const fields = openObject(entry, CAPTURE_FIELDS);
  if (fields === undefined) return undefined;
  const from = readSource(fields, entry);
  const otherwise = readDefault(fields("default"));
  const sensitive = readFlag(fields("sensitive")) ?? false;
  return from === undefined ? undefined : { from, default: otherwise, sensitive };
}

/** null is a value like any other here, and two braces are two braces: it goes in where the answer's value would. */
function readDefault(field: Field): JsonValue | undefined {
  const value = readLiteralJson(field);
  if (value !== undefined && templatesIn(value).length > 0) {
    field.notes.warn(field.path, "is taken as it stands: templates in it are not filled in; write the value itself");
  }
  return value;
}

function readSource(fields: Fields<(typeof CAPTURE_FIELDS)[number]>, entry: Field): CaptureSource | undefined {
  const [source, ...others] = SOURCES.filter((name) => !isAbsent(fields(name)) && fields(name).value !== false);
  if (source === undefined) {
    entry.notes.error(entry.path, `does not say what is taken; write ${FORM}`);
    return undefined;
  }
  for (const other of others) {
    entry.notes.error(fields(other).path, `stands beside ${source}; keep one of the two`);
  }
  switch (source) {
    case "path": {
      const path = readPath(fields("path"));
      return path === undefined ? undefined : { kind: "json", path };
    }
    case "header":
      return readHeaderSource(fields("header"));
    case "status":
      return readFlag(fields("status")) === true ? { kind: "status" } : undefined;
    case "text": {
      if (fields("text").value === true) return { kind: "text", pattern: undefined };
      const pattern = readPattern(fields("text"));
      return pattern === undefined ? undefined : { kind: "text", pattern };
    }
  }
}

function readHeaderSource(field: Field): CaptureSource | undefined {
  const name = readFilledText(field);
  if (name === undefined) return undefined;
  if (isHeaderName(name)) return { kind: "header", name: name.toLowerCase() };
  field.notes.error(field.path, "is not a header name; use letters, digits and hyphens");
  return undefined;
}
