import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

/** The text of a file; `-` is what comes on stdin. Rejects with the reason of the file system. */
export function readTextFile(path: string): Promise<string> {
  return path === "-" ? text(process.stdin) : readFile(path, "utf8");
}
