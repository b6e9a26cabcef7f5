import { delimiter, isAbsolute, join } from "node:path";
import { access, constants } from "node:fs/promises";
import { type Env, type Lookup, none } from "./mongod-source.ts";
import { checkMongod, compareVersions } from "./mongod-version.ts";

/** Older ones are no longer looked after, and the fleet's protocol was never tried on them. */
const VERSION_MIN = "6.0.0";

/** The first mongod on the PATH that starts and is 6.0 or later. */
export async function findOnPath(env: Env): Promise<Lookup> {
  const reasons: string[] = [];
  for (const path of await programsOnPath(env)) {
    const check = await checkMongod(path);
    if (!check.ok) reasons.push(check.reason);
    else if (compareVersions(check.version, VERSION_MIN) < 0)
      reasons.push(`${path} is ${check.version}, older than 6.0`);
    else return { outcome: "found", mongod: { path, version: check.version, source: "the PATH" } };
  }
  return none(reasons.length === 0 ? "there is none" : reasons.join("; "));
}

async function programsOnPath(env: Env): Promise<readonly string[]> {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const name = process.platform === "win32" ? "mongod.exe" : "mongod";
  const paths = [...new Set(folders)].map((folder) => join(folder, name));
  const runnable = await Promise.all(paths.map(isRunnable));
  return paths.filter((_, index) => runnable[index]);
}

async function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
