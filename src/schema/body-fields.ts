import type { HttpAction, HttpMethod, MultipartPart } from "../model/action.ts";
import { base64Bytes } from "../model/base64.ts";
import { describe, isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { readJson } from "./json-value.ts";
import { readText } from "./read-values.ts";
import { isHeaderText } from "./request-headers.ts";
import { readParams } from "./request-params.ts";
import { said } from "./said.ts";
import { checkTemplates, holdsTemplates, readTemplatedText } from "./template-check.ts";
import { asksForNothing } from "./unsupported-fields.ts";

export const BODY_FIELDS = ["body", "form", "multipart", "body_base64"] as const;
type BodyFieldName = (typeof BODY_FIELDS)[number];

const PARTS_MAX = 100;

/** What a request carries: one of the four bodies, or none. */
export function readBody(
  fields: Fields<BodyFieldName>,
  method: HttpMethod,
): Pick<HttpAction, "body" | "form" | "multipart" | "bodyBase64"> {
  const [chosen, ...others] = BODY_FIELDS.filter((name) => isThere(name, fields(name).value));
  for (const other of others) {
    fields(other).notes.error(fields(other).path, `stands beside ${chosen}; keep one of the two`);
  }
  if (chosen !== undefined && (method === "GET" || method === "HEAD")) {
    const remedy = "choose another method, or use params";
    fields(chosen).notes.warn(fields(chosen).path, `is not sent with ${method}; ${remedy}`);
  }
  // Each is read, so that all that is wrong is named.
  return {
    body: fields("body").value === null ? undefined : readJson(fields("body")),
    ...said({
      form: isThere("form", fields("form").value) ? readParams(fields("form")) : undefined,
      multipart: isThere("multipart", fields("multipart").value) ? readParts(fields("multipart")) : undefined,
      bodyBase64: readBase64(fields("body_base64")),
    }),
  };
}

/** A false, a 0 or an empty text is a body. */
function isThere(name: BodyFieldName, value: unknown): boolean {
  return name === "body" ? value !== undefined && value !== null : !asksForNothing(value);
}

function readParts(field: Field): readonly MultipartPart[] | undefined {
  return openList(field, PARTS_MAX)?.flatMap((element) => readPart(element) ?? []);
}

function readPart(element: Field): MultipartPart | undefined {
  if (isAbsent(element)) {
    element.notes.error(element.path, `must be an object, got ${describe(element)}`);
    return undefined;
  }
  const fields = openObject(element, ["name", "value", "base64", "filename", "content_type"]);
  if (fields === undefined) return undefined;
  if (isAbsent(fields("name"))) element.notes.error(fields("name").path, "is missing; each part has a name");
  const [value, base64] = [fields("value"), fields("base64")];
  if ((value.value === undefined) === isAbsent(base64)) {
    element.notes.error(element.path, 'must hold either "value" or "base64"');
  }
  const part: MultipartPart = {
    name: readHeaderText(fields("name")) ?? "",
    value: readJson(value),
    base64: readBase64(base64),
    filename: readHeaderText(fields("filename")),
    contentType: readHeaderText(fields("content_type")),
  };
  return part;
}

/** It becomes a part of a header, which no line break may end. */
function readHeaderText(field: Field): string | undefined {
  const text = readTemplatedText(field);
  if (text === undefined || isHeaderText(text)) return text;
  field.notes.error(field.path, "holds a line break or a character that no header can carry; remove it");
  return undefined;
}

function readBase64(field: Field): string | undefined {
  const text = readText(field);
  if (text === undefined || text === "" || !checkTemplates(text, field.path, field.notes)) return undefined;
  if (holdsTemplates(text) || base64Bytes(text) !== undefined) return text;
  field.notes.error(field.path, "is not base64; write the bytes with A-Z, a-z, 0-9, + and /, padded with =");
  return undefined;
}
