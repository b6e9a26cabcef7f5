import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { EXIT, ExitError } from "../../model/errors.ts";
import { errorCode, reasonOf } from "./file-error.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The folder of this agent: `FLEETCRON_HOME`, else `~/.fleetcron`; made when absent, for its owner alone (0700).
 * @throws {ExitError} when it can't be made or is no folder.
 */
export function fleetHome(env: Env): string {
  const named = env["FLEETCRON_HOME"]?.trim();
  const home = named ? resolve(named) : join(homedir(), ".fleetcron");
  const hint = named
    ? "make FLEETCRON_HOME name a folder that this user may write"
    : "mend it, or name another folder with FLEETCRON_HOME";
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if (statSync(home).isDirectory()) return home;
  } catch (err) {
    if (errorCode(err) !== "EEXIST" && errorCode(err) !== "ENOTDIR") {
      throw new ExitError(EXIT.usage, `the home folder ${home} can't be made: ${reasonOf(err)}`, hint);
    }
  }
  throw new ExitError(EXIT.usage, `the home ${home} is not a folder`, hint);
}
