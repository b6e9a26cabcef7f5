import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { compareVersions } from "./mongod-version.ts";

const PROGRAM = process.platform === "win32" ? "mongod.exe" : "mongod";

/** Where programs that were fetched are kept: `FLEETCRON_CACHE`, else the cache folder of this user. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env["FLEETCRON_CACHE"]?.trim();
  return named ? resolve(named) : envPaths("fleetcron", { suffix: "" }).cache;
}

/** The mongod programs of this platform that the cache holds, newest version first. */
export async function cachedMongods(cacheDir: string): Promise<readonly string[]> {
  const folder = platformFolder(cacheDir);
  const names = await readdir(folder).catch(() => []);
  const versions = names.filter((name) => /^\d+\.\d+\.\d+$/.test(name));
  return versions.sort((a, b) => compareVersions(b, a)).map((version) => join(folder, version, PROGRAM));
}

/** Lends a folder in the cache for the time of a download; it is gone afterwards, whatever happened. */
export async function withDraftFolder<T>(cacheDir: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = platformFolder(cacheDir);
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "draft-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Makes a program out of a draft folder the cached one of its version and returns its path. Moved in one step, so two
 * processes that fetch at once never see half a file; the later one's stands, which is the same.
 */
export async function moveIntoCache(cacheDir: string, version: string, draft: string): Promise<string> {
  const folder = join(platformFolder(cacheDir), version);
  await mkdir(folder, { recursive: true });
  const path = join(folder, PROGRAM);
  await chmod(draft, 0o755);
  await rename(draft, path);
  return path;
}

/** The name under which a draft is unpacked. */
export function draftProgram(folder: string): string {
  return join(folder, PROGRAM);
}

function platformFolder(cacheDir: string): string {
  return join(cacheDir, "mongod", `${process.platform}-${process.arch}`);
}
