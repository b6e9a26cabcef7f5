import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ExitError } from "../../model/errors.ts";
import type { MachineId } from "../../model/machine.ts";
import { errorCode, reasonOf } from "./file-error.ts";

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The identity of this machine out of `machine.json` in its home (`{"machine_id": "<uuid>"}`, as the original wrote it).
 * Made when there is no such file, and never replaced: a machine that silently became another one would run the
 * all-machines jobs anew and leave its history behind.
 * @throws {ExitError} when the file is unreadable, holds no id, or can't be made.
 */
export async function readMachineId(home: string): Promise<MachineId> {
  const path = join(home, "machine.json");
  const found = await readId(path);
  if (found !== undefined) return found;
  await createOnce(home, path);
  // Whoever was first made it, so what stands there counts.
  const made = await readId(path);
  if (made !== undefined) return made;
  throw new ExitError(
    EXIT.usage,
    `the machine id file ${path} is a symbolic link that leads nowhere`,
    "remove the link, or restore the file that it names",
  );
}

async function readId(path: string): Promise<MachineId | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (err) {
    if (errorCode(err) === "ENOENT") return undefined;
    throw unusable(path, `can't be read: ${reasonOf(err)}`);
  }
  const id = idIn(text);
  if (id === undefined) throw unusable(path, text.trim() === "" ? "is empty" : "holds no machine_id");
  return id as MachineId;
}

function idIn(text: string): string | undefined {
  try {
    const content: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof content !== "object" || content === null || !("machine_id" in content)) return undefined;
    const id = content.machine_id;
    return typeof id === "string" && UUID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function unusable(path: string, what: string): ExitError {
  return new ExitError(
    EXIT.usage,
    `the machine id file ${path} ${what}`,
    `it must hold {"machine_id": "<uuid>"}: restore it from a backup (\`fleetcron machine list\` shows the ids of the fleet), or delete it to make this machine a different one`,
  );
}

/** Writes the file whole or not at all, over nothing and through no link. */
async function createOnce(home: string, path: string): Promise<void> {
  const id = randomUUID();
  const draft = join(home, `machine.json.${id.slice(0, 8)}`);
  try {
    await writeDraft(draft, `${JSON.stringify({ machine_id: id })}\n`);
    try {
      await link(draft, path);
    } catch (err) {
      if (errorCode(err) === "EEXIST") return;
      // A file system without hard links. The lock of the home keeps other agents from doing the same.
      await rename(draft, path);
    }
  } catch (err) {
    throw new ExitError(
      EXIT.usage,
      `the machine id file ${path} can't be made: ${reasonOf(err)}`,
      "make the folder writable for this user, or name another one with FLEETCRON_HOME",
    );
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

async function writeDraft(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
