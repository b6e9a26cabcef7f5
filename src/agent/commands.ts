import type { AckStatus, Command, CommandAction } from "../model/command.ts";
import type { MachineIdentity } from "../model/machine.ts";
import { DAY_MS, type EpochMs, MINUTE_MS, type MonotonicMs } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { AckKey, CommandDocument, CommandStore, FirstSight } from "../ports/command-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { MachineStore } from "../ports/machine-store.ts";
import type { Session } from "./session.ts";

/** What a command came to; its words go into the acknowledgement. */
export interface CommandResult {
  readonly status: Extract<AckStatus, "ok" | "failed">;
  readonly result: string;
  /** Done after the acknowledgement is stored. */
  readonly afterwards?: () => void;
}

export interface CommandsDeps {
  readonly store: CommandStore;
  readonly machines: MachineStore;
  readonly identity: MachineIdentity;
  /** The server's time at which this machine first joined; earlier commands are not for it. */
  readonly joinedAt: () => EpochMs | undefined;
  readonly session: () => Session | undefined;
  readonly isLeader: () => boolean;
  /** True: leave what is still open to others. */
  readonly isStopping: () => boolean;
  readonly perform: (action: CommandAction, command: string) => Promise<CommandResult>;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
}

/** What became of a command here, for its acknowledgement. */
interface Answer {
  readonly command: Command;
  readonly key: AckKey;
  readonly ack: Omit<CommandResult, "status"> & { readonly status: AckStatus };
}

/** Commands are read in pages, so that any number of them keeps nothing else waiting. */
const PAGE = 100;
/** Commands are removed a week after their first sight; their acknowledgements stay a day longer. */
const REMOVE_AFTER_MS = 7 * DAY_MS;
const SWEEP_EVERY_MS = DAY_MS / 24;

/** Carries out what people insert into `commands`, once in effect per target. */
export interface Commands {
  /** One look at the commands that are still open for this agent. @throws {StoreUnavailableError} */
  pass(): Promise<void>;
}

export function createCommands(deps: CommandsDeps): Commands {
  const { store, machines, identity, clock, events, log } = deps;
  /** Commands that never concern this agent again. */
  const settled = new Set<string>();
  /** Answers to what was carried out already, until it is known that they are stored. */
  const unstored = new Map<string, Answer>();
  let sweptAt: MonotonicMs | undefined;

  /** What is refused for one command holds up no other; it is looked at again in the next pass. */
  async function considerAlone(document: CommandDocument): Promise<void> {
    try {
      await consider(document);
    } catch (err) {
      if (isRetryable(err)) throw err;
      log.error("a command could not be dealt with; the others are, and it is tried again", {
        event: "command_failed",
        command: document.id,
        type: document.type,
        err,
      });
    }
  }

  async function consider(document: CommandDocument): Promise<void> {
    const carriedOut = unstored.get(document.id);
    if (carriedOut !== undefined) return storeAnswer(carriedOut);
    const verdict = await judge(document);
    const { sight, now, isFirst } = await store.see(document.id, verdict);
    if (sight.status !== "seen" || !document.parsed.ok) return settle(document, sight.status, isFirst);
    const command = document.parsed.value;
    const joinedAt = deps.joinedAt();
    if (joinedAt === undefined) return;
    if (sight.at < joinedAt) return void settled.add(command.id);
    const isLate =
      now > sight.at + holdMs(command.action) || (command.expiresAt !== undefined && now > command.expiresAt);
    const key = ackKey(command);
    if (key === undefined || (await store.answered([command.id], key)).has(command.id))
      return void settled.add(command.id);
    if (!isTarget(command)) {
      if (isLate) settled.add(command.id);
      return;
    }
    const ack: Answer["ack"] = isLate
      ? { status: "expired", result: "it was too old when this machine saw it" }
      : await perform(command);
    unstored.set(command.id, { command, key, ack });
    await storeAnswer({ command, key, ack });
  }

  /** What is wrong with the command itself is said once, in the fleet's first sight of it. */
  async function judge(
    document: CommandDocument,
  ): Promise<{ status: "seen" | "rejected"; reason: string | undefined }> {
    if (!document.parsed.ok) {
      return {
        status: "rejected",
        reason: document.parsed.problems.map((it) => `${it.path} ${it.message}`.trim()).join("; "),
      };
    }
    const { target } = document.parsed.value;
    if (
      target.kind === "machine" &&
      target.name !== identity.hostname &&
      target.name !== identity.machineId &&
      !(await machines.isKnown(target.name))
    ) {
      return { status: "rejected", reason: `no machine has the id or hostname "${target.name}"` };
    }
    return { status: "seen", reason: undefined };
  }

  function settle(document: CommandDocument, status: FirstSight["status"], isFirst: boolean): void {
    settled.add(document.id);
    if (status !== "rejected") return;
    const problems = document.parsed.ok ? [] : document.parsed.problems;
    const facts = { event: "command_rejected", command: document.id, type: document.type, problems };
    // Commands stay for a week, so each start comes across what somebody rejected, and warned about, long ago.
    if (isFirst) log.warn("a command was rejected", facts);
    else log.debug("a command was rejected before", facts);
  }

  /** Under which key the target answers; `undefined` when this machine can never be the target. */
  function ackKey({ target }: Command): AckKey | undefined {
    switch (target.kind) {
      case "all":
        return identity.machineId;
      case "leader":
        return "leader";
      case "serial":
        return `serial:${target.serial}`;
      case "machine":
        return target.name === identity.machineId || target.name === identity.hostname ? identity.machineId : undefined;
    }
  }

  function isTarget({ target }: Command): boolean {
    if (target.kind === "leader") return deps.isLeader();
    if (target.kind === "serial") return deps.session()?.lease.serial === target.serial;
    return true;
  }

  async function perform(command: Command): Promise<CommandResult> {
    try {
      return await deps.perform(command.action, command.id);
    } catch (err) {
      if (isRetryable(err)) throw err;
      log.error("a command failed", { event: "command_failed", command: command.id, type: command.action.type, err });
      return { status: "failed", result: err instanceof Error ? err.message : String(err) };
    }
  }

  /** When its own answer is lost the next pass does it again, and what is to be done afterwards is done then. */
  async function storeAnswer({ command, key, ack }: Answer): Promise<void> {
    const stored = await store.acknowledge(command.id, key, {
      status: ack.status,
      result: ack.result,
      machineId: identity.machineId,
    });
    unstored.delete(command.id);
    settled.add(command.id);
    if (stored === "exists") return;
    const facts = { command: command.id, type: command.action.type, result: ack.result, status: ack.status };
    log.info("a command was answered", { event: "command_done", ...facts });
    events.record({
      type: "command_done",
      message: `${command.action.type} on ${identity.hostname}: ${ack.status}, ${ack.result}`,
      facts: { ...facts, machine_id: identity.machineId },
    });
    ack.afterwards?.();
  }

  async function sweep(): Promise<void> {
    const now = clock.monotonicNow();
    if (!deps.isLeader() || (sweptAt !== undefined && now - sweptAt < SWEEP_EVERY_MS)) return;
    sweptAt = now;
    await store.removeSeenBefore(REMOVE_AFTER_MS);
  }

  return {
    async pass() {
      const skip = new Set(settled);
      for (;;) {
        const page = await store.readUnknown(skip, PAGE);
        for (const document of page) {
          if (deps.isStopping()) return;
          skip.add(document.id);
          await considerAlone(document);
        }
        if (page.length < PAGE) break;
      }
      await sweep();
    },
  };
}

function isRetryable(err: unknown): boolean {
  return err instanceof Error && "retryable" in err && err.retryable === true;
}

/** How long a command without `expires_at` holds, from the fleet's first sight of it. */
function holdMs(action: CommandAction): number {
  switch (action.type) {
    case "run_job":
    case "stop":
      return 10 * MINUTE_MS;
    case "reload_jobs":
    case "reload_config":
    case "refresh":
    case "ping":
    case "cancel_run":
      return DAY_MS;
  }
}
