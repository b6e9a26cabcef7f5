import { EXIT, type ExitCode, ExitError, StoreRefusedError, StoreUnavailableError } from "../model/errors.ts";
import { ProblemsError } from "./problems.ts";
import { exactJson, type Printable } from "./print/exact-json.ts";
import { visibleLines } from "./print/visible.ts";

/** Stable names of the exit codes, for programs that read errors as JSON. */
const CODES: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: "ok",
  [EXIT.failed]: "failed",
  [EXIT.usage]: "usage",
  [EXIT.notFound]: "not_found",
  [EXIT.unreachable]: "mongodb_unreachable",
  [EXIT.locked]: "locked",
  [EXIT.conflict]: "conflict",
  [EXIT.noSerial]: "no_serial",
  [EXIT.problems]: "problems",
  [EXIT.timedOut]: "timed_out",
};

/** Connection strings may hold a password, also inside of messages of others. */
const CONNECTION_STRING = /mongodb(\+srv)?:\/\/\S+/g;

/** Any error as the program ends with it. */
export function asExitError(error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  if (error instanceof StoreUnavailableError) {
    return new ExitError(
      EXIT.unreachable,
      error.message,
      "Check that MongoDB runs and that --uri or the config names it.",
    );
  }
  if (error instanceof StoreRefusedError) return new ExitError(EXIT.failed, error.message);
  const message = error instanceof Error ? error.message : String(error);
  return new ExitError(EXIT.failed, `unexpected failure: ${message}`);
}

/** What stderr gets: plain words, or `{"error":{"code","message","hint"?,"problems"?}}`. */
export function failureText(error: ExitError, isJson: boolean): string {
  const message = error.message.replace(CONNECTION_STRING, "mongodb$1://(hidden)");
  if (!isJson) {
    const hint = error.hint === undefined ? "" : `${error.hint}\n`;
    return visibleLines(`fleetcron: ${message}\n${hint}`);
  }
  const problems = error instanceof ProblemsError ? error.problems.map((it) => ({ ...it })) : undefined;
  const record: Printable = {
    error: {
      code: CODES[error.exitCode],
      message: problems === undefined ? message : (message.split("\n", 1)[0] ?? message),
      hint: error.hint,
      problems,
    },
  };
  return `${exactJson(record, undefined)}\n`;
}
