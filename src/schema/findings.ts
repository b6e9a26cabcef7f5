import type { Parsed, Problem } from "../model/problem.ts";
import type { NamesInReach } from "./names-in-reach.ts";

/** Most problems of one severity that a document is told of; more would only bury the first. */
const PROBLEMS_MAX = 100;

const NO_WARNINGS: readonly Problem[] = [];

/** How a kind of document is read. */
export interface Border {
  /** Whether numbers may come as texts and decimals, with a warning. */
  readonly takesTextNumbers: boolean;
  /** Whether a message may quote a text; never where a text can be a password. */
  readonly quotesTexts: boolean;
}

/** Where problems are noted while something is read. */
export interface Notes {
  readonly border: Border;
  /** What templates can name here; absent: anything. */
  readonly names?: NamesInReach;
  error(path: string, message: string): void;
  warn(path: string, message: string): void;
}

/** Collects what is wrong with one document, so that people see all of it at once. */
export class Findings implements Notes {
  readonly border: Border;
  readonly #errors: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(border: Border) {
    this.border = border;
  }

  error(path: string, message: string): void {
    if (this.#errors.length < PROBLEMS_MAX) this.#errors.push({ path, message, severity: "error" });
  }

  warn(path: string, message: string): void {
    if (this.#warnings.length < PROBLEMS_MAX) this.#warnings.push({ path, message, severity: "warning" });
  }

  /** What was read, unless something is wrong with it; `undefined` when nothing could be read at all. */
  conclude<T>(value: T | undefined): Parsed<T> {
    if (value === undefined || this.#errors.length > 0) {
      return { ok: false, problems: [...this.#errors, ...this.#warnings] };
    }
    return { ok: true, value, warnings: this.#warnings.length === 0 ? NO_WARNINGS : this.#warnings };
  }
}

/** Notes about a value that does not come from the document itself: each message names where it comes from. */
export function notesFrom(source: string, notes: Notes): Notes {
  return {
    border: notes.border,
    error: (path, message) => notes.error(path, `${source} ${message}`),
    warn: (path, message) => notes.warn(path, `${source} ${message}`),
  };
}

/** The same notes where templates can name these. */
export function withNames(notes: Notes, names: NamesInReach): Notes {
  return {
    border: notes.border,
    names,
    error: (path, message) => notes.error(path, message),
    warn: (path, message) => notes.warn(path, message),
  };
}
