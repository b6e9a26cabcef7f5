import { deflateRawSync } from "node:zlib";

export interface ZipMember {
  readonly name: string;
  readonly content: Buffer;
  readonly stored?: boolean;
}

/** A zip archive, written from its specification and not with our reader in mind. */
export function zipArchive(members: readonly ZipMember[], comment = ""): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, content, stored } of members) {
    const packed = stored === true ? content : deflateRawSync(content);
    const method = stored === true ? 0 : 8;
    const extra = Buffer.alloc(7);
    const local = numbers([0x04034b50, 4], [20, 2], [0, 2], [method, 2], [0, 4], [0, 4], [packed.length, 4]);
    const localEnd = numbers([content.length, 4], [Buffer.byteLength(name), 2], [extra.length, 2]);
    const body = Buffer.concat([local, localEnd, Buffer.from(name), extra, packed]);
    const entry = numbers([0x02014b50, 4], [20, 2], [20, 2], [0, 2], [method, 2], [0, 4], [0, 4], [packed.length, 4]);
    const entryMiddle = numbers([content.length, 4], [Buffer.byteLength(name), 2], [0, 2], [0, 2], [0, 2], [0, 2]);
    entries.push(Buffer.concat([entry, entryMiddle, numbers([0, 4], [at, 4]), Buffer.from(name)]));
    bodies.push(body);
    at += body.length;
  }
  const directory = Buffer.concat(entries);
  const counts = numbers([0x06054b50, 4], [0, 4], [members.length, 2], [members.length, 2], [directory.length, 4]);
  const end = Buffer.concat([counts, numbers([at, 4], [comment.length, 2]), Buffer.from(comment)]);
  return Buffer.concat([...bodies, directory, end]);
}

/** Little-endian numbers of so many bytes. */
function numbers(...fields: readonly (readonly [value: number, bytes: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}
