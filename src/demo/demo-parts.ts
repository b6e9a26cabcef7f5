import type { Clock } from "../ports/clock.ts";
import type { JobEditor } from "../ports/job-editor.ts";
import type { LeaderStore } from "../ports/leader-store.ts";
import type { MachineStore } from "../ports/machine-store.ts";
import type { RunHistory } from "../ports/run-history.ts";
import type { SerialStore } from "../ports/serial-store.ts";

/** What the demo asks of the fleet's database. */
export interface DemoFleet {
  readonly jobs: JobEditor;
  readonly runs: RunHistory;
  readonly leader: Pick<LeaderStore, "read">;
  readonly serials: Pick<SerialStore, "readHeld">;
  readonly machines: Pick<MachineStore, "readAll">;
  close(): Promise<void>;
}

/** One request as the local target saw it. */
export interface TargetRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What the target answers, and after how long. */
export interface TargetAnswer {
  readonly status: number;
  readonly body: string;
  readonly delayMs: number;
}

/** An agent as a process of its own. */
export interface DemoAgent {
  kill(signal: "SIGKILL" | "SIGTERM"): void;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** The real parts that the process edge hands in. */
export interface DemoParts {
  readonly clock: Clock;
  /** One line for the person who watches. */
  say(line: string): void;
  /** A throwaway folder; `remove` deletes it whole. */
  makeFolder(): Promise<{ readonly path: string; remove(): Promise<void> }>;
  startDatabase(folder: string): Promise<{ readonly uri: string; readonly words: string; stop(): Promise<void> }>;
  startTarget(
    answer: (request: TargetRequest) => TargetAnswer,
  ): Promise<{ readonly url: string; close(): Promise<void> }>;
  startAgent(name: string, home: string, uri: string): DemoAgent;
  openFleet(uri: string): Promise<DemoFleet>;
}
