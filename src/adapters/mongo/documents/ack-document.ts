import type { AckStatus } from "../../../model/command.ts";

/** A document of `command_acks`, under `commandId:key`; the key `seen` is the fleet's first sight of the command. */
export interface AckDocument {
  readonly _id: string;
  readonly command: string;
  readonly key: string;
  readonly status: AckStatus | "seen";
  readonly result: string;
  readonly machine_id: string | null;
  /** By the server's clock. */
  readonly at: Date;
  /** Set when the command itself is removed, so that no answer is forgotten before its question. */
  readonly expire_at?: Date;
}

export const SEEN_KEY = "seen";

export function ackId(command: string, key: string): string {
  return `${command}:${key}`;
}
