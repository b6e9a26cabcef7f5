import type { EpochMs } from "./time.ts";
import type { Serial } from "./member.ts";

export type CommandType = "reload_jobs" | "reload_config" | "refresh" | "ping" | "run_job" | "cancel_run" | "stop";

export type CommandTarget =
  | { readonly kind: "all" }
  | { readonly kind: "leader" }
  | { readonly kind: "serial"; readonly serial: Serial }
  /** A machine id or a hostname. */
  | { readonly kind: "machine"; readonly name: string };

/** What a person wants an agent to do. Its writer's clock means nothing. */
export interface Command {
  /** The document's `_id` as text, as in job ids. */
  readonly id: string;
  readonly action: CommandAction;
  readonly target: CommandTarget;
  readonly expiresAt: EpochMs | undefined;
}

export type CommandAction =
  | { readonly type: "reload_jobs" | "reload_config" | "refresh" | "ping" | "stop" }
  /** `job` is an id or a name. */
  | { readonly type: "run_job"; readonly job: string }
  | { readonly type: "cancel_run"; readonly run: string };

export type AckStatus = "ok" | "failed" | "rejected" | "expired";
