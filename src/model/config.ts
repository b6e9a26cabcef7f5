import type { RetryPolicy } from "./retry.ts";
import type { FleetSettings } from "./settings.ts";

/** Everything that an agent is told by its config file, its environment and its flags. */
export interface AgentConfig {
  /** A MongoDB connection string, or `"embedded"`. May hold a password: never printed or logged. */
  readonly mongodbUri: string;
  readonly dbName: string;
  /** What this machine wishes; the stored settings of the fleet hold. */
  readonly fleet: FleetSettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  readonly http: HttpDefaults;
  readonly egress: Egress;
  readonly runs: RunLimits;
  readonly commandPollMs: number;
  readonly log: { readonly level: LogLevel; readonly format: "auto" | "json" | "pretty" };
}

/** Resolved values by name. Never stored, logged or shown. */
export type Secrets = ReadonlyMap<string, string>;

/** Shorter secrets are too common as parts of other words to be hidden in what is stored, logged or shown. */
export const SECRET_LENGTH_HIDDEN_MIN = 4;

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface HttpDefaults {
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly maxBodyBytes: number;
}

export interface Egress {
  readonly allowHosts: readonly string[];
  /** CIDR blocks. */
  readonly denyNets: readonly string[];
  readonly publicOnly: boolean;
  /** `"env"` (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), `"none"`, or the URL of a proxy. */
  readonly proxy: string;
  readonly caFile: string | undefined;
}

export interface RunLimits {
  readonly maxConcurrent: number;
  readonly maxPerHost: number;
  readonly keepOkMs: number;
  readonly keepFailedMs: number;
  readonly stopGraceMs: number;
}

/** An occurrence younger than this still has the record of its run, if there was one. */
export function runsAreKnownMs({ keepOkMs, keepFailedMs }: Pick<RunLimits, "keepOkMs" | "keepFailedMs">): number {
  return Math.min(keepOkMs, keepFailedMs);
}
