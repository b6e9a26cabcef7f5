import { type Flags, UsageError } from "../stage/example.ts";

export const HOUR_SEC_MAX = 3_600;
/** How long an hour lasts in a trial, unless `--hour` says otherwise. Servers that are not ours get more time. */
const HOUR_SEC_HERE = 10;
const HOUR_SEC_ELSEWHERE = 15;

/** Base URLs, and the key as MAAS gives it. */
export interface Servers {
  readonly maas: string;
  readonly maasKey: string;
  readonly testflinger: string;
}

/** With stand-ins. */
export interface HereOptions {
  readonly where: "here";
  readonly hourSec: number;
  /** The agent that goes through the first rack is killed on the way. */
  readonly isKilled: boolean;
}

/** With servers that are not ours. */
export interface ElsewhereOptions {
  readonly where: "elsewhere";
  readonly hourSec: number;
  readonly servers: Servers;
  /** The tag of its machines. */
  readonly rack: string;
}

/** @throws {UsageError} for flags that do not go together, or say nothing that can be used */
export function readOptions(flags: Flags): HereOptions | ElsewhereOptions {
  const servers = readServers(flags);
  const hourSec = readHour(flags["hour"]);
  const { kill, rack } = flags as { readonly kill?: boolean; readonly rack?: string };
  if (servers === undefined) {
    if (rack !== undefined) throw new UsageError("--rack goes with --maas, --maas-key and --testflinger");
    return { where: "here", hourSec: hourSec ?? HOUR_SEC_HERE, isKilled: kill === true };
  }
  if (kill === true) throw new UsageError("--kill goes with the stand-ins alone");
  return { where: "elsewhere", hourSec: hourSec ?? HOUR_SEC_ELSEWHERE, servers, rack: rack ?? "rack-1" };
}

/** Seconds that an hour is to last; `undefined` when nothing is said. */
function readHour(text: Flags[string]): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= HOUR_SEC_MAX) return seconds;
  throw new UsageError(`--hour must be a number of seconds from 1 to ${HOUR_SEC_MAX}, got "${text}"`);
}

/** `undefined`: the stand-ins. */
function readServers(flags: Flags): Servers | undefined {
  const [maas, maasKey, testflinger] = [flags["maas"], flags["maas-key"], flags["testflinger"]];
  if (maas === undefined && maasKey === undefined && testflinger === undefined) return undefined;
  if (typeof maas !== "string" || typeof maasKey !== "string" || typeof testflinger !== "string") {
    throw new UsageError("to use other servers, give all of --maas URL, --maas-key KEY and --testflinger URL");
  }
  // The path that the job asks for begins with /MAAS.
  const maasBase = baseUrl("--maas", maas).replace(/\/MAAS(\/api\/2\.0)?$/, "");
  return { maas: maasBase, maasKey, testflinger: baseUrl("--testflinger", testflinger).replace(/\/v1$/, "") };
}

function baseUrl(flag: string, text: string): string {
  if (/^https?:\/\/\S+$/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  throw new UsageError(`${flag} must be an http or https URL, got "${text}"`);
}
