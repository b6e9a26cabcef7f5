/** Errors that people and callers can tell apart by code. */
export abstract class FleetCronError extends Error {
  abstract readonly code: `FLEETCRON_${string}`;
  /** True when the same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean;
}

/** MongoDB gave no answer: the outcome is unknown. Repeat the same conditional operation. */
export class StoreUnavailableError extends FleetCronError {
  override readonly name = "StoreUnavailableError";
  readonly code = "FLEETCRON_STORE_UNAVAILABLE";
  readonly retryable = true;
  readonly operation: string;
  constructor(operation: string, cause: unknown) {
    super(`MongoDB did not answer during "${operation}"`, { cause });
    this.operation = operation;
  }
}

/** MongoDB answered no for a reason that somebody must mend (rights, a full disk, a broken document). */
export class StoreRefusedError extends FleetCronError {
  override readonly name = "StoreRefusedError";
  readonly code = "FLEETCRON_STORE_REFUSED";
  readonly retryable = false;
  readonly operation: string;
  /** True when the no is not about what was asked (rights, a password, a full disk): once mended, the same succeeds. */
  readonly isGeneral: boolean;
  constructor(operation: string, reason: string, cause: unknown, isGeneral = false) {
    super(`MongoDB refused "${operation}": ${reason}`, { cause });
    this.operation = operation;
    this.isGeneral = isGeneral;
  }
}

/** Exit codes of the program. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  locked: 5,
  conflict: 6,
  noSerial: 7,
  problems: 8,
  timedOut: 124,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the program with a message for the person at the terminal. */
export class ExitError extends FleetCronError {
  override readonly name = "ExitError";
  readonly code = "FLEETCRON_EXIT";
  readonly retryable = false;
  readonly exitCode: ExitCode;
  /** What to do about it, if that is not in the message. */
  readonly hint: string | undefined;
  constructor(exitCode: ExitCode, message: string, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
