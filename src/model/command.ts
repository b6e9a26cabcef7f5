import type { LogLevel } from "./config.ts";
import type { JsonObject } from "./json.ts";
import type { Serial } from "./member.ts";
import type { EpochMs } from "./time.ts";

/** In the order of their use by people. */
export const COMMAND_TYPES = [
  "reload_jobs",
  "reload_config",
  "refresh",
  "ping",
  "run_job",
  "cancel_run",
  "pause_job",
  "resume_job",
  "backfill",
  "drain",
  "undrain",
  "log_level",
  "stop",
] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

export type CommandTarget =
  | { readonly kind: "all" }
  | { readonly kind: "leader" }
  | { readonly kind: "serial"; readonly serial: Serial }
  /** A machine id or a hostname. */
  | { readonly kind: "machine"; readonly name: string }
  /** Every machine that has all of these labels; at least one. */
  | { readonly kind: "labels"; readonly labels: Readonly<Record<string, string>> };

/** A target as a command's document says it. */
export function targetValue(
  target: CommandTarget,
): string | number | { readonly labels: Readonly<Record<string, string>> } {
  switch (target.kind) {
    case "all":
    case "leader":
      return target.kind;
    case "serial":
      return target.serial;
    case "machine":
      return target.name;
    case "labels":
      return { labels: target.labels };
  }
}

/** Whether one agent answers for all: the leader, or who holds the serial; several may try in turn. */
export function isForOne({ kind }: CommandTarget): boolean {
  return kind === "leader" || kind === "serial";
}

/** Whether a machine has all of the labels that a target asks for. */
export function hasLabels(machine: Readonly<Record<string, string>>, asked: Readonly<Record<string, string>>): boolean {
  return Object.entries(asked).every(([name, value]) => Object.hasOwn(machine, name) && machine[name] === value);
}

/** What a person wants an agent to do. Its writer's clock means nothing. */
export interface Command {
  /** The document's `_id` as a text that no other command has. */
  readonly id: string;
  readonly action: CommandAction;
  readonly target: CommandTarget;
  readonly expiresAt: EpochMs | undefined;
}

/** Most occurrences that one command makes up for. */
export const BACKFILL_MAX = 1_000;

export type CommandAction =
  | {
      readonly type: Extract<
        CommandType,
        "reload_jobs" | "reload_config" | "refresh" | "ping" | "drain" | "undrain" | "stop"
      >;
    }
  /** `job` is an id or a name; `vars` go over those of the job, as they stand. */
  | { readonly type: "run_job"; readonly job: string; readonly vars?: JsonObject }
  | { readonly type: "cancel_run"; readonly run: string }
  /** Nothing of the job is due before `until`; `undefined`: not until it is resumed. */
  | { readonly type: "pause_job"; readonly job: string; readonly until: EpochMs | undefined }
  | { readonly type: "resume_job"; readonly job: string }
  /** Runs for occurrences of the job's schedule that are over; their times, each once and in order. */
  | { readonly type: "backfill"; readonly job: string; readonly times: readonly EpochMs[] }
  /** Until the next start, or for that long. */
  | { readonly type: "log_level"; readonly level: LogLevel; readonly forMs: number | undefined };

export type AckStatus = "ok" | "failed" | "rejected" | "expired";
