import type { Lease, Serial, SerialSighting, SessionId } from "../../../src/model/member.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { JoiningMachine, SerialStore } from "../../../src/ports/serial-store.ts";
import type { MemorySerial, MemoryState } from "./state.ts";

export function createMemorySerialStore(state: MemoryState): SerialStore {
  const { serials } = state;
  const inOrder = () => [...serials.values()].sort((a, b) => a.serial - b.serial);
  const held = () => inOrder().flatMap((it) => sightingOf(it) ?? []);
  const find = (lease: Lease) => {
    const it = serials.get(lease.serial);
    return it?.session === lease.session && it.token === lease.token ? it : undefined;
  };

  function give(it: MemorySerial, session: SessionId, machine: JoiningMachine, ttlMs: number): Lease {
    const token = it.token + 1;
    const leaseUntil = (state.serverNow() + ttlMs) as EpochMs;
    const { machineId, place, hostname, labels, isDraining } = machine;
    const beat = { session, token, heartbeat: it.heartbeat + 1, leaseUntil };
    serials.set(it.serial, { ...it, ...beat, machineId, place, hostname, labels, isDraining });
    return { serial: it.serial as Serial, session, token };
  }

  function free(it: MemorySerial): void {
    const { serial, token, heartbeat, leaseUntil, machineId: formerMachineId } = it;
    serials.set(serial, { ...UNUSED, serial, token: token + 1, heartbeat, leaseUntil, formerMachineId });
  }

  return {
    async prepare(max) {
      for (let serial = 1; serial <= max; serial++) {
        if (!serials.has(serial)) serials.set(serial, { ...UNUSED, serial });
      }
    },
    async take(session, machine, max, ttlMs) {
      const holder = held().find((it) => it.machineId === machine.machineId);
      if (holder !== undefined) {
        if (holder.session !== session) return { outcome: "machine_held", holder };
        return { outcome: "taken", lease: { serial: holder.serial, session, token: holder.token } };
      }
      const open = inOrder().filter((it) => it.session === null && it.serial <= max);
      const chosen = open.find((it) => it.formerMachineId === machine.machineId) ?? open[0];
      if (chosen === undefined) return { outcome: "none_free" };
      return { outcome: "taken", lease: give(chosen, session, machine, ttlMs) };
    },
    async replace(former, session, machine, ttlMs) {
      const it = find(former);
      if (it !== undefined && it.machineId === machine.machineId) return give(it, session, machine, ttlMs);
      const own = serials.get(former.serial);
      return own?.session === session ? { serial: former.serial, session, token: own.token } : undefined;
    },
    async renew(lease, { labels, isDraining }, ttlMs) {
      const it = find(lease);
      if (it === undefined) return { outcome: "over" };
      const serverTime = state.serverNow();
      const leaseUntil = (serverTime + ttlMs) as EpochMs;
      serials.set(it.serial, { ...it, heartbeat: it.heartbeat + 1, leaseUntil, labels, isDraining });
      return { outcome: "renewed", serverTime };
    },
    async reap(watched, ttlMs) {
      const it = find(watched);
      if (it === undefined || it.heartbeat !== watched.heartbeat) return false;
      const now = state.serverNow();
      if (it.leaseUntil > now && it.leaseUntil <= now + 2 * ttlMs) return false;
      free(it);
      return true;
    },
    async release(lease) {
      const it = find(lease);
      if (it === undefined) return false;
      free(it);
      return true;
    },
    readHeld: async () => held(),
    readSerial: async (serial) => held().find((it) => it.serial === serial),
  };
}

const UNUSED: Omit<MemorySerial, "serial"> = {
  session: null,
  token: 0,
  heartbeat: 0,
  machineId: undefined,
  place: "",
  leaseUntil: 0 as EpochMs,
  formerMachineId: undefined,
  hostname: "",
  labels: {},
  isDraining: false,
};

function sightingOf(it: MemorySerial): SerialSighting | undefined {
  const { formerMachineId: _former, ...facts } = it;
  const { session, machineId } = facts;
  if (session === null || machineId === undefined) return undefined;
  return { ...facts, serial: it.serial as Serial, session, machineId };
}
