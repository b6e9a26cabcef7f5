import { Readable, pipeline } from "node:stream";
import type { Duplex } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { createTextReader } from "./text-reader.ts";

export interface ReadText {
  readonly text: string;
  readonly truncated: boolean;
}

type Header = string | readonly string[] | undefined;

/** Codings in a row that are undone; nobody honest uses more. */
const CODINGS_MAX = 3;

/**
 * Reads a body as text: gzip and deflate undone, its charset honoured, broken characters replaced. Stops after
 * `maxBytes` decoded bytes, so a bomb costs no more than that.
 * @param accepted codings that the request itself asked for; `br` is undone only if it is among them
 * @throws when the connection breaks, or the coding is broken
 */
export async function readBody(
  body: Readable,
  headers: Readonly<Record<string, Header>>,
  maxBytes: number,
  accepted = "",
): Promise<ReadText> {
  const reader = createTextReader([headers["content-type"] ?? ""].flat().join(";"));
  const stream = await decoded(body, codings(headers["content-encoding"]), /\bbr\b/i.test(accepted));
  let bytes = 0;
  let text = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const room = maxBytes - bytes;
    bytes += chunk.length;
    text += reader.add(chunk.subarray(0, room));
    if (chunk.length > room) return { text: text + reader.end(true), truncated: true };
  }
  return { text: text + reader.end(false), truncated: false };
}

function codings(header: Header): readonly string[] {
  return [header ?? []]
    .flat()
    .join(",")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
}

async function decoded(body: Readable, names: readonly string[], isBrotliAsked: boolean): Promise<Readable> {
  if (names.length > CODINGS_MAX) throw new Error(`it is encoded ${names.length} times over`);
  let stream = body;
  for (const name of names.toReversed()) {
    const first = await firstChunk(stream);
    // An empty body has no coding: answers to HEAD, 204, 304.
    if (first === undefined) return Readable.from([]);
    if (name === "br" && !isBrotliAsked)
      throw new Error("it is encoded in br, which was not asked for; the header Accept-Encoding: br asks for it");
    const undo = decoderOf(name, first.chunk);
    if (undo === undefined) return first.stream;
    pipeline(first.stream, undo, () => {
      // The reader of `undo` meets the same error.
    });
    stream = undo;
  }
  return stream;
}

async function firstChunk(
  stream: Readable,
): Promise<{ readonly chunk: Buffer; readonly stream: Readable } | undefined> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return undefined;
  async function* again(): AsyncGenerator<Buffer> {
    yield first.value as Buffer;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { chunk: first.value, stream: Readable.from(again(), { objectMode: false }) };
}

function decoderOf(name: string, first: Buffer): Duplex | undefined {
  // Ends that were cut off are common and harmless; the length of the answer is checked below HTTP.
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  switch (name) {
    case "gzip":
    case "x-gzip":
      return createGunzip(options);
    case "deflate":
      // Some servers leave out the zlib header that the standard asks for.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
    case "br":
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}
