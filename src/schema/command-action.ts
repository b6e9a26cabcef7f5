import { BACKFILL_MAX, type CommandAction, type CommandType } from "../model/command.ts";
import { DAY_MS, type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { describe, isAbsent, openList, type Field } from "./field.ts";
import { readGivenVars } from "./given-vars.ts";
import { readInstant } from "./instant.ts";
import { readSeconds } from "./numbers.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readChoice, readFilledText } from "./read-values.ts";

/** Longest time for which a log level is set. */
const LOG_LEVEL_SEC_MAX = (30 * DAY_MS) / SECOND_MS;

/** Answers an argument by name: in `args`, or beside it as the short form. */
type Arguments = (name: string) => Field;

/**
 * What a command of this type asks for; `undefined` (and a problem) when an argument is missing or wrong.
 * @param fieldOf the fields of the document
 */
export function readAction(type: CommandType, fieldOf: (name: string) => Field): CommandAction | undefined {
  const args = fieldOf("args");
  if (!isAbsent(args) && !isPlainObject(args.value)) {
    args.notes.error(args.path, `must be an object, got ${describe(args)}`);
    return undefined;
  }
  const argument: Arguments = (name) => {
    const inside = childOf(args, name);
    return isAbsent(inside) && !isAbsent(fieldOf(name)) ? fieldOf(name) : inside;
  };
  switch (type) {
    case "reload_jobs":
    case "reload_config":
    case "refresh":
    case "ping":
    case "drain":
    case "undrain":
    case "stop":
      return { type };
    case "run_job": {
      const job = readJob(argument);
      const vars = readGivenVars(argument("vars")) ?? {};
      return job === undefined ? undefined : { type, job, ...(Object.keys(vars).length === 0 ? {} : { vars }) };
    }
    case "cancel_run": {
      const run = readNeeded(argument("run"), "which run: its id");
      return run === undefined ? undefined : { type, run };
    }
    case "pause_job": {
      const job = readJob(argument);
      const until = readInstant(argument("until"));
      return job === undefined ? undefined : { type, job, until };
    }
    case "resume_job": {
      const job = readJob(argument);
      return job === undefined ? undefined : { type, job };
    }
    case "backfill":
      return readBackfill(argument);
    case "log_level":
      return readLogLevel(argument);
  }
}

function readBackfill(argument: Arguments): CommandAction | undefined {
  const job = readJob(argument);
  const field = argument("times");
  const list = openList(field, BACKFILL_MAX);
  if (list?.length === 0) field.notes.error(field.path, 'names no time; write a list such as ["2026-12-01T09:00:00Z"]');
  const times = list?.flatMap((it) => readMinute(it) ?? []) ?? [];
  if (times.length === 0 || job === undefined) return undefined;
  return { type: "backfill", job, times: [...new Set(times)].sort((a, b) => a - b) };
}

function readMinute(field: Field): EpochMs | undefined {
  const at = readInstant(field);
  if (at === undefined && isAbsent(field)) field.notes.error(field.path, "is missing; write a time");
  if (at === undefined || at % MINUTE_MS === 0) return at;
  field.notes.error(field.path, "must be a whole minute: occurrences are due at minutes");
  return undefined;
}

function readLogLevel(argument: Arguments): CommandAction | undefined {
  const field = argument("level");
  if (isAbsent(field)) field.notes.error(field.path, "is missing; write debug, info, warn or error");
  const level = readChoice(field, ["debug", "info", "warn", "error"]);
  const forMs = readSeconds(argument("for_sec"), 1, LOG_LEVEL_SEC_MAX);
  return level === undefined ? undefined : { type: "log_level", level, forMs };
}

function readJob(argument: Arguments): string | undefined {
  return readNeeded(argument("job"), "which job: its id or name");
}

function readNeeded(field: Field, what: string): string | undefined {
  if (isAbsent(field)) field.notes.error(field.path, `is missing; say ${what}`);
  return readFilledText(field);
}

function childOf(parent: Field, name: string): Field {
  const value = isPlainObject(parent.value) ? ownValue(parent.value, name) : undefined;
  return { path: pointerTo(parent.path, name), value, notes: parent.notes };
}
