import { type Logger, pino } from "pino";
import type { LogLevel } from "../../model/config.ts";
import type { Log, LogFacts } from "../../ports/log.ts";
import { describeError } from "./describe-error.ts";
import { escapeInvisible } from "./escape-invisible.ts";
import { terminalLine } from "./terminal-line.ts";

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto` is pretty on a terminal, else JSON. */
  readonly format: "auto" | "json" | "pretty";
  readonly isTerminal: boolean;
  /** Facts on every line, e.g. the machine. */
  readonly base: LogFacts;
  /** Applied to each whole line, so that no way of logging gets past it. */
  readonly redact: (text: string) => string;
  readonly write: (line: string) => void;
}

/** A log whose lines are one JSON object each, or readable on a terminal. */
export interface LogHandle {
  readonly log: Log;
  setLevel(level: LogLevel): void;
}

/** Creates the process's log over pino. */
export function createLog(options: LogOptions): LogHandle {
  const isPretty = options.format === "pretty" || (options.format === "auto" && options.isTerminal);
  const destination = {
    write(json: string) {
      const line = options.redact(json);
      options.write(escapeInvisible(isPretty ? terminalLine(line) : line));
    },
  };
  const logger = pino(
    {
      level: options.level,
      base: options.base,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Pino's own would take what describeError made for an error once more.
      serializers: { err: describeError },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    log: {
      debug: (message, facts) => emit(logger, "debug", message, facts),
      info: (message, facts) => emit(logger, "info", message, facts),
      warn: (message, facts) => emit(logger, "warn", message, facts),
      error: (message, facts) => emit(logger, "error", message, facts),
    },
    setLevel(level) {
      logger.level = level;
    },
  };
}

function emit(logger: Logger, level: LogLevel, message: string, { err, ...rest }: LogFacts = {}): void {
  logger[level](err === undefined ? rest : { ...rest, err }, message);
}
