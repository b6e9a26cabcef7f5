import type { AckStatus, CommandTarget, CommandType } from "../model/command.ts";
import type { JsonObject } from "../model/json.ts";
import type { EpochMs } from "../model/time.ts";
import type { AckKey } from "./command-store.ts";

export interface CommandDraft {
  readonly type: CommandType;
  readonly target: CommandTarget;
  readonly args: JsonObject;
  /** For people to read; nothing compares a writer's clock. */
  readonly createdAt: EpochMs;
  /** `undefined` leaves it to the type: 24 h, or 10 min for `run_job` and `stop`. */
  readonly expiresAt: EpochMs | undefined;
}

/** The key of the fleet's own refusal, said once for all targets. */
export const FLEET_VERDICT: AckKey = "fleet";

/** One answer to a command. */
export interface CommandAck {
  /** Whose answer it is; `FLEET_VERDICT` on a command that nobody may act upon. */
  readonly key: AckKey;
  /** The machine that answered, if known. */
  readonly machineId: string | undefined;
  readonly status: AckStatus;
  readonly result: string;
  readonly at: EpochMs;
}

/** The `commands` collection as people write it, and the answers. */
export interface CommandSender {
  /** Inserts a command and answers its id. */
  send(draft: CommandDraft): Promise<string>;
  /** The answers so far, oldest first. */
  answers(command: string): Promise<readonly CommandAck[]>;
}
