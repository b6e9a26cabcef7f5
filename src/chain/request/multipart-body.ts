import { createHash } from "node:crypto";
import { plainText } from "../../expression/plain-text.ts";
import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { MultipartPart } from "../../model/action.ts";
import { ExactDecimal } from "../../model/json.ts";
import { wellFormed } from "../../model/unicode.ts";
import { base64Bytes } from "../../model/base64.ts";
import type { RequestBody } from "./request-body.ts";

const CONTROL = /\p{Cc}/u;
/** A type, a subtype and maybe parameters (RFC 9110, 8.3.1), in ASCII. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[ -~]*)?$/;

/**
 * `multipart/form-data` (RFC 7578): names and file names in UTF-8, with a quotation mark as `%22` as browsers write it.
 * A part whose value is null is left out. The boundary is a hash of everything that it divides, so no content can hold
 * it, and every attempt sends the same bytes.
 */
export function multipartBody(parts: readonly MultipartPart[], scope: Scope): Rendered<RequestBody> {
  const pieces: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    const piece = partBytes(part, scope);
    if (!piece.ok) return { ok: false, error: `part ${index + 1} of multipart: ${piece.error}` };
    if (piece.value !== undefined) pieces.push(piece.value);
  }
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(`${piece.length}:`).update(piece);
  const boundary = `fleetcron-${hash.digest("hex").slice(0, 40)}`;
  const divided = pieces.flatMap((piece) => [Buffer.from(`--${boundary}\r\n`), piece, Buffer.from("\r\n")]);
  const content = Buffer.concat([...divided, Buffer.from(`--${boundary}--\r\n`)]);
  return { ok: true, value: { content, contentType: `multipart/form-data; boundary=${boundary}`, boundary } };
}

/** Headers, an empty line and the content of one part. */
function partBytes(part: MultipartPart, scope: Scope): Rendered<Buffer | undefined> {
  const name = quotable("name", part.name, scope);
  if (!name.ok) return name;
  const filename = part.filename === undefined ? undefined : quotable("filename", part.filename, scope);
  if (filename?.ok === false) return filename;
  const content = contentOf(part, scope);
  if (!content.ok || content.value === undefined) return content as Rendered<undefined>;
  const type = contentTypeOf(part, content.value, scope);
  if (!type.ok) return type;
  const file = filename === undefined ? "" : `; filename="${filename.value}"`;
  const typeLine = type.value === undefined ? "" : `Content-Type: ${type.value}\r\n`;
  const head = `Content-Disposition: form-data; name="${name.value}"${file}\r\n${typeLine}\r\n`;
  return { ok: true, value: Buffer.concat([Buffer.from(head), content.value.bytes]) };
}

interface Content {
  readonly bytes: Buffer;
  readonly isText: boolean;
  readonly isJson: boolean;
}

function contentOf(part: MultipartPart, scope: Scope): Rendered<Content | undefined> {
  if (part.base64 !== undefined) {
    const text = renderText(part.base64, scope, "text");
    if (!text.ok) return text;
    const bytes = base64Bytes(text.value);
    if (bytes === undefined) return { ok: false, error: "base64 holds something that is not base64" };
    return { ok: true, value: { bytes, isText: false, isJson: false } };
  }
  const rendered = renderValue(part.value ?? null, scope);
  if (!rendered.ok) return rendered;
  const { value } = rendered;
  if (value === null) return { ok: true, value: undefined };
  const isJson = typeof value === "object" && !(value instanceof ExactDecimal);
  return { ok: true, value: { bytes: Buffer.from(wellFormed(plainText(value))), isText: true, isJson } };
}

function contentTypeOf(part: MultipartPart, { isText, isJson }: Content, scope: Scope): Rendered<string | undefined> {
  if (part.contentType !== undefined) {
    const type = renderText(part.contentType, scope, "text");
    if (!type.ok) return type;
    if (!MEDIA_TYPE.test(type.value)) return { ok: false, error: `"${type.value}" is not a content type` };
    return type;
  }
  if (isJson) return { ok: true, value: "application/json" };
  return { ok: true, value: isText && part.filename === undefined ? undefined : "application/octet-stream" };
}

/** A name that can stand between quotation marks in a header of a part; one that could end that header is an error. */
function quotable(what: string, template: string, scope: Scope): Rendered<string> {
  const text = renderText(template, scope, "text");
  if (!text.ok) return text;
  if (CONTROL.test(text.value)) {
    return { ok: false, error: `its ${what} holds a line break or another control character` };
  }
  return { ok: true, value: wellFormed(text.value).replaceAll('"', "%22") };
}
