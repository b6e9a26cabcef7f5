import type { ParseArgsConfig } from "node:util";
import type { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

/** What the command line gave beside the name of the example: `--flag` is true, `--option VALUE` its value. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** One runnable example: jobs as anybody would insert them, and something for them to talk to. */
export interface Example {
  /** Its folder. */
  readonly name: string;
  /** What it shows, in one line. */
  readonly about: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /**
   * Plays it on a fleet that is thrown away afterwards.
   * @throws {UsageError} for flags that make no sense
   */
  play(stage: Stage, flags: Flags): Promise<Report>;
}

/** The command line asks for something that is not there. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
