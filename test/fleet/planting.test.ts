import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plant } from "./plant.ts";

let folder: string;
const bug = { name: "one for all", file: "src/rule.js", replace: "always()" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "planting-"));
  for (const part of ["src", "test"]) await mkdir(join(folder, part));
  await writeFile(join(folder, "src/rule.js"), "if (first()) a();\nif (second()) b();\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a bug is planted into a copy, and the program stays as it was", async () => {
  const compiled = pathToFileURL(`${folder}/`);
  await plant(compiled, { ...bug, find: "second()" });
  expect(await readFile(join(folder, "planted/one-for-all/src/rule.js"), "utf8")).toContain("if (always()) b();");
  expect(await readFile(join(folder, "src/rule.js"), "utf8")).toContain("second()");
});

test.each(["third()", "if ("])("a bug whose text is not there exactly once is refused: %s", async (find) => {
  await expect(plant(pathToFileURL(`${folder}/`), { ...bug, find })).rejects.toThrow(/can't be planted/);
});
