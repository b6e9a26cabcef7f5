import { type FileHandle, open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EXIT, ExitError } from "../../model/errors.ts";
import { errorCode, reasonOf } from "./file-error.ts";

export const CONFIG_FILE_NAME = "fleetcron.config.json";
const SYSTEM_FOLDER = "/etc/fleetcron";
/** Nothing that a person writes is longer. */
const CONFIG_BYTES_MAX = 1_048_576;

export interface ConfigPlaces {
  /** What `--config` says. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the program itself. */
  readonly programDir: string;
  readonly home: string;
}

export interface FoundConfig {
  readonly path: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Every user of this machine may read it. Always false on Windows, whose modes say nothing. */
  readonly readableByOthers: boolean;
}

/**
 * The first config file in the order of places: `--config`, `FLEETCRON_CONFIG`, beside the program, the home,
 * `/etc/fleetcron`. `undefined` when nobody names one and none of the places has one.
 * @throws {ExitError} when a named file is missing, or the first one is a folder, unreadable, over 1 MB or no UTF-8.
 */
export async function findConfigFile(places: ConfigPlaces): Promise<FoundConfig | undefined> {
  const { flag, env, programDir, home } = places;
  const fromEnv = env["FLEETCRON_CONFIG"];
  if (flag !== undefined) return readNamed(flag, "--config");
  if (fromEnv !== undefined && fromEnv !== "") return readNamed(fromEnv, "FLEETCRON_CONFIG");
  const folders = process.platform === "win32" ? [programDir, home] : [programDir, home, SYSTEM_FOLDER];
  for (const folder of folders) {
    const found = await readConfig(join(folder, CONFIG_FILE_NAME));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function readNamed(name: string, namedBy: string): Promise<FoundConfig> {
  const found = await readConfig(resolve(name));
  if (found !== undefined) return found;
  throw new ExitError(
    EXIT.usage,
    `${namedBy} names ${resolve(name)}, which does not exist`,
    "correct the path, or make a config with `fleetcron init`",
  );
}

async function readConfig(path: string): Promise<FoundConfig | undefined> {
  try {
    const file = await open(path, "r");
    try {
      return await readOpened(path, file);
    } finally {
      await file.close();
    }
  } catch (err) {
    if (err instanceof ExitError) throw err;
    if (errorCode(err) === "ENOENT" || errorCode(err) === "ENOTDIR") return undefined;
    throw unusable(path, `can't be read: ${reasonOf(err)}`, "let this user read it, or name another with --config");
  }
}

async function readOpened(path: string, file: FileHandle): Promise<FoundConfig> {
  const facts = await file.stat();
  if (facts.isDirectory()) throw unusable(path, "is a folder", `name the file in it: ${join(path, CONFIG_FILE_NAME)}`);
  const bytes = await readAtMost(file, CONFIG_BYTES_MAX + 1);
  if (bytes.length > CONFIG_BYTES_MAX)
    throw unusable(path, "is over 1 MB", "a config is far smaller: is it another file?");
  const readableByOthers = process.platform !== "win32" && facts.isFile() && (facts.mode & 0o004) !== 0;
  return { path, text: decode(path, bytes), readableByOthers };
}

/** Reads on until the end, because a pipe hands over its content in pieces. */
async function readAtMost(file: FileHandle, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < bytesMax) {
    const piece = Buffer.allocUnsafe(Math.min(65_536, bytesMax - length));
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) break;
    pieces.push(piece.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(pieces, length);
}

function decode(path: string, bytes: Buffer): string {
  // What PowerShell's `>` and Notepad's "Unicode" write.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw unusable(path, "is not UTF-8 text", "save it as UTF-8");
  }
}

function unusable(path: string, what: string, hint: string): ExitError {
  return new ExitError(EXIT.usage, `the config file ${path} ${what}`, hint);
}
