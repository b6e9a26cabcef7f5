import type { LeaseTiming } from "../../src/model/member.ts";
import type { MemorySerial } from "../support/memory/state.ts";
import type { Verdict } from "./verdict.ts";

/** Watchers' clocks may run this much too fast. */
export const RATE_MAX = 1.05;

/** One life of an agent, as the checker saw it. */
interface LifeRecord {
  readonly name: string;
  readonly machine: string;
  readonly rate: number;
  readonly startedAt: number;
  /** When it crashed or ended. */
  diedAt: number | undefined;
  /** When the last renewal that it saw acknowledged was sent. */
  trustedFrom: number | undefined;
}

interface SessionRecord {
  readonly id: string;
  readonly life: string;
  /** Whether a run was ever held in its name. */
  isUsed: boolean;
  /** When its heartbeat last moved in the database. */
  beatAt: number;
  endedAt: number | undefined;
}

/** Who lived when, and which session was whose: kept from what was seen, not from what the agents say. */
export interface Lives {
  /** When a session that was over was last named again by a late taking. */
  readonly revivedAt: number | undefined;
  began(life: string, machine: string, rate: number): void;
  died(life: string): void;
  get(life: string): LifeRecord | undefined;
  /** An acknowledgement of a taking or a renewal reached its agent. */
  acknowledged(life: string, sentAt: number): void;
  onSerial(actor: string, operation: string, before: MemorySerial | undefined, after: MemorySerial): void;
  /** The life that took this session. */
  ownerOf(session: string): LifeRecord | undefined;
  /** A run is held in its name. */
  used(session: string): void;
  isOver(session: string): boolean;
  endedAt(session: string): number | undefined;
  /** Whether this life may begin a send at this moment by its own clocks. */
  mayTrust(life: string): boolean;
}

export function createLives(now: () => number, timing: LeaseTiming, verdict: Verdict): Lives {
  const lives = new Map<string, LifeRecord>();
  const sessions = new Map<string, SessionRecord>();
  let revivedAt: number | undefined;

  function endSession(id: string, operation: string, actor: string): void {
    const session = sessions.get(id);
    if (session === undefined) return verdict.broken("P4", `session ${id} ended and nobody had begun it`);
    session.endedAt ??= now();
    const silentMs = now() - session.beatAt;
    if (operation === "serials.reap" && silentMs < timing.ttlMs / RATE_MAX - 1)
      verdict.broken("P4", `${actor} ended the session of ${session.life}, whose heart beat ${silentMs} ms before`);
  }

  /**
   * A taking of a serial that comes late, or is repeated, may name a session once more that is over. One that never held
   * a run begins anew. Of any other its agent knows that it is over: nobody renews it, so it is reaped a ttl later, and
   * what it held when it ended waits that long; for the rules it stays over.
   */
  function revive(id: string, operation: string): void {
    const session = sessions.get(id);
    const isTaking = operation === "serials.take" || operation === "serials.replace";
    if (isTaking && session?.isUsed === false) {
      session.endedAt = undefined;
      session.beatAt = now();
    } else if (isTaking) revivedAt = now();
    else verdict.broken("P4", `session ${id} began a second time, by ${operation}`);
  }

  return {
    get revivedAt() {
      return revivedAt;
    },
    began: (name, machine, rate) =>
      void lives.set(name, { name, machine, rate, startedAt: now(), diedAt: undefined, trustedFrom: undefined }),
    died(name) {
      const life = lives.get(name);
      if (life !== undefined) life.diedAt ??= now();
    },
    get: (name) => lives.get(name),
    acknowledged(name, sentAt) {
      const life = lives.get(name);
      if (life !== undefined) life.trustedFrom = sentAt;
    },
    onSerial(actor, operation, before, after) {
      const isSame = before?.session === after.session;
      if (isSame && after.session !== null) {
        const session = sessions.get(after.session);
        if (before?.token !== after.token) verdict.broken("P4", `session ${after.session} changed its token`);
        if (session !== undefined && after.heartbeat !== before?.heartbeat) session.beatAt = now();
        return;
      }
      if (isSame) return;
      if (before !== undefined && before.session !== null) endSession(before.session, operation, actor);
      if (after.session === null) return;
      if (sessions.has(after.session)) return revive(after.session, operation);
      sessions.set(after.session, { id: after.session, life: actor, isUsed: false, beatAt: now(), endedAt: undefined });
    },
    ownerOf(id) {
      const session = sessions.get(id);
      return session && lives.get(session.life);
    },
    used(id) {
      const session = sessions.get(id);
      if (session !== undefined) session.isUsed = true;
    },
    isOver: (id) => sessions.get(id)?.endedAt !== undefined,
    endedAt: (id) => sessions.get(id)?.endedAt,
    mayTrust(name) {
      const life = lives.get(name);
      if (life?.trustedFrom === undefined) return false;
      return (now() - life.trustedFrom) * life.rate <= timing.ttlMs - timing.guardMs + 1;
    },
  };
}
