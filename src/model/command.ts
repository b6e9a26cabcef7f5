import type { EpochMs } from "./time.ts";
import type { Serial } from "./member.ts";

/** In the order of their use by people. */
export const COMMAND_TYPES = [
  "reload_jobs",
  "reload_config",
  "refresh",
  "ping",
  "run_job",
  "cancel_run",
  "stop",
] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

export type CommandTarget =
  | { readonly kind: "all" }
  | { readonly kind: "leader" }
  | { readonly kind: "serial"; readonly serial: Serial }
  /** A machine id or a hostname. */
  | { readonly kind: "machine"; readonly name: string };

/** A target as a command's document says it. */
export function targetValue(target: CommandTarget): string | number {
  switch (target.kind) {
    case "all":
    case "leader":
      return target.kind;
    case "serial":
      return target.serial;
    case "machine":
      return target.name;
  }
}

/** What a person wants an agent to do. Its writer's clock means nothing. */
export interface Command {
  /** The document's `_id` as text, as in job ids. */
  readonly id: string;
  readonly action: CommandAction;
  readonly target: CommandTarget;
  readonly expiresAt: EpochMs | undefined;
}

export type CommandAction =
  | { readonly type: Exclude<CommandType, "run_job" | "cancel_run"> }
  /** `job` is an id or a name. */
  | { readonly type: "run_job"; readonly job: string }
  | { readonly type: "cancel_run"; readonly run: string };

export type AckStatus = "ok" | "failed" | "rejected" | "expired";
