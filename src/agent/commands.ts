import { type AckStatus, type Command, type CommandAction, hasLabels } from "../model/command.ts";
import type { MachineIdentity } from "../model/machine.ts";
import { DAY_MS, type EpochMs, MINUTE_MS, type MonotonicMs } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { AckKey, CommandDocument, CommandStore, FirstSight } from "../ports/command-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { MachineStore } from "../ports/machine-store.ts";
import { judgeCommands } from "./command-verdicts.ts";
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
  readonly machines: Pick<MachineStore, "known">;
  readonly identity: MachineIdentity;
  readonly labels: () => Readonly<Record<string, string>>;
  /** The server's time at which this machine first joined; earlier commands are not for it. */
  readonly joinedAt: () => EpochMs | undefined;
  readonly session: () => Session | undefined;
  readonly isLeader: () => boolean;
  /** True: leave what is still open to others. */
  readonly isStopping: () => boolean;
  /**
   * Carries a command out; repeating it changes nothing. `undefined`: what came of it is not known, and whoever is the
   * target when it is looked at next does it again.
   */
  readonly perform: (command: Command) => Promise<CommandResult | undefined>;
  /** Told before commands are carried out that were all there by now. */
  readonly onPage: () => void;
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

/** A command that this machine may have to act upon. */
interface Open {
  readonly command: Command;
  readonly key: AckKey;
  readonly isLate: boolean;
}

/** Commands are read and answered in pages, so that any number of them keeps nothing else waiting. */
const PAGE = 250;
/** What was carried out is acknowledged after this at the latest, also when its page is not done. */
const ANSWER_WITHIN_MS = 500;
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
  /** Commands that never concern this agent again; `undefined` before it was asked which these are from earlier times. */
  let settled: Set<string> | undefined;
  /** Answers to what was carried out already, until it is known that they are stored. */
  const unstored = new Map<string, Answer>();
  let sweptAt: MonotonicMs | undefined;

  /** What is refused for one command holds up no other; it is looked at again in the next pass. */
  async function considerTogetherElseAlone(page: readonly CommandDocument[]): Promise<void> {
    try {
      return await consider(page);
    } catch (err) {
      if (isRetryable(err)) throw err;
      const [only, second] = page;
      if (only !== undefined && second === undefined) {
        log.error("a command could not be dealt with; the others are, and it is tried again", {
          event: "command_failed",
          command: only.id,
          type: only.type,
          err,
        });
        return;
      }
    }
    for (const document of page) await considerTogetherElseAlone([document]);
  }

  async function consider(page: readonly CommandDocument[]): Promise<void> {
    const carriedOut = page.flatMap((it) => unstored.get(it.id) ?? []);
    if (carriedOut.length > 0) await storeAnswers(carriedOut);
    const fresh = page.filter((it) => !isSettled(it.id));
    if (fresh.length === 0) return;
    const open = await openAmong(fresh);
    const keys = open.map(({ command, key }) => ({ command: command.id, key }));
    const answered = open.length === 0 ? new Set() : await store.answered(keys);
    deps.onPage();
    await act(open.filter(({ command }) => !answered.has(command.id) || settle(command.id)));
  }

  /** Stamps what nobody has seen, and leaves out what this machine has nothing to do with. */
  async function openAmong(documents: readonly CommandDocument[]): Promise<readonly Open[]> {
    const verdicts = await judgeCommands(documents, machines, [identity.machineId, identity.hostname]);
    const { sights, now } = await store.see(verdicts);
    return documents.flatMap((document, index) => {
      const sight = sights[index];
      if (sight === undefined) return [];
      const { parsed } = document;
      if (sight.status !== "seen" || !parsed.ok) {
        if (sight.status === "rejected") sayRejected(document, sight.isFirst, verdicts[index]?.reason);
        settle(document.id);
        return [];
      }
      return openOf(parsed.value, sight, now) ?? [];
    });
  }

  function openOf(command: Command, sight: FirstSight, now: EpochMs): Open | undefined {
    const joinedAt = deps.joinedAt();
    if (joinedAt === undefined) return undefined;
    const key = ackKey(command);
    if (sight.at < joinedAt || key === undefined) {
      settle(command.id);
      return undefined;
    }
    const isLate =
      now > sight.at + holdMs(command.action) || (command.expiresAt !== undefined && now > command.expiresAt);
    return { command, key, isLate };
  }

  /** In the order in which they came, which `stop` ends. */
  async function act(open: readonly Open[]): Promise<void> {
    let answers: Answer[] = [];
    let since = clock.monotonicNow();
    for (const { command, key, isLate } of open) {
      if (deps.isStopping()) break;
      if (!isTarget(command)) {
        if (isLate) settle(command.id);
        continue;
      }
      const ack: Answer["ack"] | undefined = isLate
        ? { status: "expired", result: "it was too old when this machine saw it" }
        : await perform(command);
      if (ack === undefined) continue;
      const answer = { command, key, ack };
      unstored.set(command.id, answer);
      answers.push(answer);
      if (ack.afterwards === undefined && clock.monotonicNow() - since < ANSWER_WITHIN_MS) continue;
      await storeAnswers(answers);
      answers = [];
      since = clock.monotonicNow();
    }
    if (answers.length > 0) await storeAnswers(answers);
  }

  function isSettled(command: string): boolean {
    return settled?.has(command) === true;
  }

  /** False: there is nothing more to do. */
  function settle(command: string): false {
    settled?.add(command);
    return false;
  }

  function sayRejected({ id, type }: CommandDocument, isFirst: boolean, reason: string | undefined): void {
    const facts = { event: "command_rejected", command: id, type, reason };
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
      case "labels":
        return hasLabels(deps.labels(), target.labels) ? identity.machineId : undefined;
    }
  }

  function isTarget({ target }: Command): boolean {
    if (target.kind === "leader") return deps.isLeader();
    if (target.kind === "serial") return deps.session()?.lease.serial === target.serial;
    return true;
  }

  async function perform(command: Command): Promise<CommandResult | undefined> {
    try {
      return await deps.perform(command);
    } catch (err) {
      if (isRetryable(err)) throw err;
      log.error("a command failed", { event: "command_failed", command: command.id, type: command.action.type, err });
      return { status: "failed", result: err instanceof Error ? err.message : String(err) };
    }
  }

  /** When its own answer is lost the next pass does it again, and what is to be done afterwards is done then. */
  async function storeAnswers(answers: readonly Answer[]): Promise<void> {
    const stored = await store.acknowledge(
      answers.map(({ command, key, ack }) => {
        return { command: command.id, key, status: ack.status, result: ack.result, machineId: identity.machineId };
      }),
    );
    answers.forEach((answer, index) => {
      unstored.delete(answer.command.id);
      settle(answer.command.id);
      if (stored[index] === "stored") answerStored(answer);
    });
  }

  function answerStored({ command, ack }: Answer): void {
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
      settled ??= new Set(await store.readSettled(identity.machineId));
      const skip = new Set(settled);
      for (;;) {
        const page = await store.readUnknown(skip, PAGE);
        if (deps.isStopping()) return;
        for (const { id } of page) skip.add(id);
        await considerTogetherElseAlone(page);
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
    case "backfill":
    case "stop":
      return 10 * MINUTE_MS;
    case "reload_jobs":
    case "reload_config":
    case "refresh":
    case "ping":
    case "cancel_run":
    case "pause_job":
    case "resume_job":
    case "drain":
    case "undrain":
    case "log_level":
      return DAY_MS;
  }
}
