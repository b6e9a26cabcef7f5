import { moveIntoCache, withDraftFolder } from "./mongod-cache.ts";
import { type Env, type Lookup, none, type Progress } from "./mongod-source.ts";
import { checkMongod } from "./mongod-version.ts";
import { whyUnreachable } from "./reach-host.ts";

const VERSION = "7.0.28";
const OFFICIAL_ADDRESS = "https://fastdl.mongodb.org";
/** All that a machine without a way out may lose. */
const REACH_MS_MAX = 3_000;
const PROXY_NAMES = ["https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"];

export interface OfficialNeeds {
  readonly env: Env;
  readonly cacheDir: string;
  readonly progress: Progress;
}

/** Downloads the mongod of MongoDB's own site for this platform and caches it. */
export async function fetchOfficial({ env, cacheDir, progress }: OfficialNeeds): Promise<Lookup> {
  const reason = await whyNoWay(env);
  if (reason !== undefined) return none(reason);
  return withDraftFolder(cacheDir, async (folder): Promise<Lookup> => {
    progress(`downloading MongoDB ${VERSION} from its own site`);
    const { downloadOfficial } = await import("./official-download.ts");
    const draft = await downloadOfficial(VERSION, folder, progress);
    const check = await checkMongod(draft);
    if (!check.ok) return none(check.reason.replace(draft, "the downloaded mongod"));
    const path = await moveIntoCache(cacheDir, check.version, draft);
    return { outcome: "found", mongod: { path, version: check.version, source: "MongoDB's own site" } };
  });
}

async function whyNoWay(env: Env): Promise<string | undefined> {
  const proxy = PROXY_NAMES.map((name) => env[name]).find(Boolean);
  const address = proxy ?? (env["MONGOMS_DOWNLOAD_MIRROR"] || OFFICIAL_ADDRESS);
  if (!URL.canParse(address)) return "the address of the download or its proxy in the environment is no URL";
  const url = new URL(address);
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return whyUnreachable(url.hostname.replace(/^\[|\]$/g, ""), port, REACH_MS_MAX);
}
