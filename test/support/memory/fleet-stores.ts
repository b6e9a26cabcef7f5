import type { LeaderStore } from "../../../src/ports/leader-store.ts";
import type { MachineStore } from "../../../src/ports/machine-store.ts";
import type { SettingsStore } from "../../../src/ports/settings-store.ts";
import { type MemoryState, noteCommand } from "./state.ts";

export function createMemoryLeaderStore(state: MemoryState): LeaderStore {
  return {
    async read(known) {
      const { version, members } = state.view;
      return { leader: state.leader, view: known?.version === version ? known : { version, members } };
    },
    async move(from, to) {
      const { leader } = state;
      if (leader.session === from.session && leader.term === from.term) {
        state.leader = { session: to.session, serial: to.serial, machineId: to.machineId, term: from.term + 1 };
      }
      const isMoved = state.leader.term === from.term + 1 && state.leader.session === to.session;
      return isMoved ? state.leader : undefined;
    },
    async publish(term, members) {
      if (state.leader.term !== term || state.view.term > term) return false;
      const isSame = JSON.stringify(members) === JSON.stringify(state.view.members);
      state.view = { term, members, version: isSame ? state.view.version : state.view.version + 1 };
      return true;
    },
  };
}

export function createMemorySettingsStore(state: MemoryState): SettingsStore {
  return {
    read: async () => state.settings,
    async readOrCreate(wished) {
      state.settings ??= wished;
      return state.settings;
    },
  };
}

export function createMemoryMachineStore(state: MemoryState): MachineStore {
  const { machines } = state;
  return {
    async report({
      identity,
      serial,
      state: status,
      version,
      clockOffsetMs,
      running,
      memoryBytes,
      labels,
      secretNames,
    }) {
      const now = state.serverNow();
      const { joinedAt = now, isDraining = false } = machines.get(identity.machineId) ?? {};
      const { machineId, hostname } = identity;
      const facts = { serial, version, clockOffsetMs, running, memoryBytes, labels, secretNames, isDraining };
      machines.set(machineId, { machineId, hostname, ...facts, state: status, joinedAt, lastSeen: now });
      return { joinedAt, isDraining };
    },
    async known(names) {
      const known = new Set([...machines.values()].flatMap((it) => [it.machineId as string, it.hostname]));
      return new Set(names.filter((it) => known.has(it)));
    },
    async setDraining(id, isDraining, command) {
      const machine = machines.get(id);
      if (machine === undefined) return false;
      if (noteCommand(state, id, command)) machines.set(id, { ...machine, isDraining });
      return true;
    },
    async forget(id) {
      if ([...state.serials.values()].some((it) => it.session !== null && it.machineId === id)) return false;
      for (const key of state.cursors.keys()) if (key.endsWith(`|machine|${id}`)) state.cursors.delete(key);
      return machines.delete(id);
    },
    readAll: async () =>
      [...machines.values()].sort((a, b) =>
        a.hostname < b.hostname ? -1 : a.hostname > b.hostname ? 1 : a.machineId < b.machineId ? -1 : 1,
      ),
  };
}
