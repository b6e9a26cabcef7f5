import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { PlantedBug } from "./planted-bugs.ts";

/**
 * Copies the compiled program, with this bug in it, to a folder of its own.
 * @param compiled the folder that holds the compiled `src` and `test`
 * @returns the script of the threads that play seeds with the bug
 * @throws when the text to replace is not there exactly once
 */
export async function plant(compiled: URL, { name, file, find, replace }: PlantedBug): Promise<URL> {
  const folder = new URL(`planted/${name.replaceAll(/[^a-z]+/gi, "-")}/`, compiled);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const part of ["src", "test"]) await cp(new URL(part, compiled), new URL(part, folder), { recursive: true });
  const target = new URL(file, folder);
  const text = await readFile(target, "utf8");
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new Error(`the bug "${name}" can't be planted: its text stands ${places} times in ${file}, not once`);
  await writeFile(
    target,
    text.replace(find, () => replace),
  );
  return new URL("test/fleet/sim-thread.js", folder);
}
