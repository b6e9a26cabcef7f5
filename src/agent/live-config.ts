import type { Redactor } from "../chain/redact/redact.ts";
import type { HttpDefaults, RunLimits, Secrets } from "../model/config.ts";

/** The part of the config that a reload may change; read anew at each use. */
export interface LiveConfig {
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly http: HttpDefaults;
  readonly runs: RunLimits;
  readonly labels: Readonly<Record<string, string>>;
  readonly commandPollMs: number;
}
