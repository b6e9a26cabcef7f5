import type { LeaseTiming, Serial, SerialSighting } from "../model/member.ts";
import type { MonotonicMs } from "../model/time.ts";

/**
 * What a watcher knows of the others. Only its own monotonic clock counts: a session is silent when its
 * (token, heartbeat) was read unchanged for a whole ttl, without a gap in which a change could have been overlooked.
 */
export interface Watch {
  readonly seen: ReadonlyMap<Serial, Seen>;
  readonly readAt: MonotonicMs | undefined;
}

interface Seen {
  readonly sighting: SerialSighting;
  /** When the reply with this heartbeat first came. */
  readonly since: MonotonicMs;
  /** Whether its heartbeat has moved under this watch. */
  readonly isBeating: boolean;
}

export const nothingWatched: Watch = { seen: new Map(), readAt: undefined };

/**
 * Takes in one reading of serials.
 * @param startedAt when the read was sent: what it shows was true no earlier
 * @param repliedAt when its answer came: what it shows was true no later
 */
export function observe(
  watch: Watch,
  held: readonly SerialSighting[],
  startedAt: MonotonicMs,
  repliedAt: MonotonicMs,
  timing: LeaseTiming,
): Watch {
  const hasGap = watch.readAt === undefined || repliedAt - watch.readAt > 2 * timing.scanMs;
  const seen = new Map<Serial, Seen>();
  for (const sighting of held) {
    const known = watch.seen.get(sighting.serial);
    const sameLife = known?.sighting.token === sighting.token && known.sighting.session === sighting.session;
    const unchanged = sameLife && known.sighting.heartbeat === sighting.heartbeat;
    seen.set(sighting.serial, {
      sighting,
      since: unchanged && !hasGap ? known.since : repliedAt,
      isBeating: sameLife && (known.isBeating || !unchanged),
    });
  }
  return { seen, readAt: startedAt };
}

/** Sessions that have been silent for a ttl, as of the last reading. Their leases may be over; the store decides. */
export function silentSessions(watch: Watch, timing: LeaseTiming): readonly SerialSighting[] {
  const { readAt } = watch;
  if (readAt === undefined) return [];
  return [...watch.seen.values()].filter((it) => readAt - it.since >= timing.ttlMs).map((it) => it.sighting);
}

/** True when the heartbeat of this serial has moved under this watch. */
export function isBeating(watch: Watch, serial: Serial): boolean {
  return watch.seen.get(serial)?.isBeating ?? false;
}
