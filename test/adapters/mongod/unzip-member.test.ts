import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unzipMember } from "../../../src/adapters/mongod/unzip-member.ts";
import { zipArchive } from "./zip-archive.ts";

const MONGOD = /(?:^|\/)bin\/mongod$/;

describe("a member of a zip archive", () => {
  test("comes out as it went in, packed or stored, wherever it stands", async () => {
    const member = fc.record({ content: fc.uint8Array({ maxLength: 2_000 }), stored: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { maxLength: 4 }),
        member,
        fc.nat(4),
        fc.string(),
        async (others, one, at, comment) => {
          const content = Buffer.from(one.content);
          const members = others.map((other, index) => ({
            name: `package/other-${index}`,
            content: Buffer.from(other.content),
            stored: other.stored,
          }));
          members.splice(at, 0, { name: "package/bin/mongod", content, stored: one.stored });

          expect(await unzipMember(zipArchive(members, comment.replace(/[^ -~]/g, "")), MONGOD)).toEqual(content);
        },
      ),
    );
  });

  test("that is not there is named", async () => {
    const archive = zipArchive([{ name: "package/bin/mongod.txt", content: Buffer.from("no") }]);

    await expect(unzipMember(archive, MONGOD)).rejects.toThrow("the archive holds nothing like");
  });

  test("is not taken out of an archive that was cut off anywhere or is none", async () => {
    const archive = zipArchive([{ name: "bin/mongod", content: Buffer.from("program".repeat(20)) }]);

    for (let length = 0; length < archive.length; length++) {
      await expect(unzipMember(archive.subarray(0, length), MONGOD)).rejects.toThrow(/archive/);
    }
    await expect(unzipMember(Buffer.from("<html>sign in first</html>".repeat(10)), MONGOD)).rejects.toThrow(
      "no zip archive",
    );
  });

  test("whose size was forged is refused", async () => {
    const content = Buffer.from("program".repeat(200));
    const archive = zipArchive([{ name: "bin/mongod", content }]);
    const sizeAt = archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 24;
    for (const bytes of [content.length - 1, content.length + 1]) {
      archive.writeUInt32LE(bytes, sizeAt);

      await expect(unzipMember(archive, MONGOD)).rejects.toThrow("the archive is broken");
    }
  });
});
