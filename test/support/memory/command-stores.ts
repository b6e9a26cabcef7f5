import { decodeExact, plainValue } from "../../../src/adapters/mongo/bson-exact.ts";
import type { ParseCommand } from "../../../src/adapters/mongo/command-store.ts";
import type { Changes } from "../../../src/ports/changes.ts";
import type { CommandStore, FirstSight } from "../../../src/ports/command-store.ts";
import type { EventLog } from "../../../src/ports/event-log.ts";
import type { MemoryAck, MemoryState } from "./state.ts";

export function createMemoryCommandStore(state: MemoryState, parse: ParseCommand): CommandStore {
  const { commands, acks } = state;
  const idOf = (command: string, key: string) => `${command}:${key}`;

  function insertAck(ack: Omit<MemoryAck, "at">): boolean {
    const id = idOf(ack.command, ack.key);
    if (acks.has(id)) return false;
    acks.set(id, { ...ack, at: state.serverNow() });
    return true;
  }

  return {
    async readUnknown(known, limit) {
      const unknown = [...commands].filter(([id]) => !known.has(id)).slice(0, limit);
      return unknown.map(([id, bytes]) => {
        const document = decodeExact(bytes);
        const type: unknown = document["type"];
        return { id, type: typeof type === "string" ? type : "", parsed: parse(plainValue(document), id) };
      });
    },
    async readSettled(machine) {
      const isSettling = ({ key, status }: MemoryAck) =>
        key === machine ||
        key === "leader" ||
        key.startsWith("serial:") ||
        (key === "seen" && (status === "rejected" || status === "expired"));
      return new Set([...acks.values()].filter(isSettling).map((it) => it.command));
    },
    async see(verdicts) {
      const sights = verdicts.map(({ command, status, reason }) => {
        const isFirst = insertAck({ command, key: "seen", status, result: reason ?? "", machineId: undefined });
        const ack = acks.get(idOf(command, "seen"));
        if (ack === undefined) throw new Error("unreachable: the stamp was just made");
        return { at: ack.at, status: ack.status as FirstSight["status"], isFirst };
      });
      return { now: state.serverNow(), sights };
    },
    answered: async (asked) =>
      new Set(asked.filter((it) => acks.has(idOf(it.command, it.key))).map((it) => it.command)),
    acknowledge: async (given) =>
      given.map((ack) => {
        if (insertAck(ack)) return "stored";
        const { status, result, machineId } = acks.get(idOf(ack.command, ack.key)) ?? {};
        return status === ack.status && result === ack.result && machineId === ack.machineId ? "stored" : "exists";
      }),
    async removeSeenBefore(ageMs) {
      const old = [...commands.keys()].filter((id) => {
        const seen = acks.get(idOf(id, "seen"));
        return seen !== undefined && seen.at <= state.serverNow() - ageMs;
      });
      for (const id of old) commands.delete(id);
      return old.length;
    },
  };
}

export function createMemoryEventLog(state: MemoryState): EventLog {
  return {
    record(event) {
      state.events.push({ ...event, at: state.serverNow() });
    },
    async flush() {},
  };
}

export function createMemoryChanges(state: MemoryState): Changes {
  return {
    listen: (onChange, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        state.listeners.add(onChange);
        signal.addEventListener(
          "abort",
          () => {
            state.listeners.delete(onChange);
            resolve();
          },
          { once: true },
        );
      }),
  };
}
