import { IANAZone } from "luxon";
import { MINUTE_MS } from "../model/time.ts";
import { memoize } from "./memoize.ts";
import { dayOf, MINUTES_PER_DAY } from "./wall-time.ts";

const ZONES_REMEMBERED_MAX = 1_000;
const DAYS_PER_CHUNK = 366;
/** No two offsets are further apart than this, so no change outside it can touch a day. */
const REACH_OF_A_CHANGE = 2 * MINUTES_PER_DAY;

/** Part of a UTC day in which the zone keeps one offset. All times are minutes. */
export interface Span {
  /** First and last UTC minute, both inside the day. */
  readonly from: number;
  readonly to: number;
  /** Wall minute = UTC minute + offset. */
  readonly offset: number;
  /** The first UTC minute with this offset, if the change to it is close by; else -Infinity. */
  readonly start: number;
  /** The offset before `start`. */
  readonly offsetBefore: number;
  /** Wall clocks had reached every wall minute below this one before `start`. */
  readonly reached: number;
  /** Wall minutes of this span from here on come again after its end; Infinity when none does. */
  readonly againFrom: number;
}

export interface ZoneOffsets {
  /** The spans of one UTC day (days since 1970), in order; together they are the whole day. */
  spansOf(day: number): readonly Span[];
  /** Minutes east of UTC. */
  offsetAt(utcMinute: number): number;
}

interface Change {
  /** First UTC minute of the new offset. */
  readonly at: number;
  readonly offset: number;
}

/** What happens in `DAYS_PER_CHUNK` days: the offset at their beginning and every change after it. */
interface Chunk {
  readonly offset: number;
  readonly changes: readonly Change[];
}

/**
 * The offsets of a zone, read day by day from this machine's zone data and remembered. Offsets with seconds (local
 * mean time; the last ended in 1972) count as the nearest whole minute, so that wall and UTC minutes always coincide.
 * @param zone a name that `canonicalZone` accepts
 */
export const zoneOffsets: (zone: string) => ZoneOffsets = memoize(ZONES_REMEMBERED_MAX, createZoneOffsets);

function createZoneOffsets(name: string): ZoneOffsets {
  const zone = IANAZone.create(name);
  const chunks = new Map<number, Chunk>();

  function probe(utcMinute: number): number {
    return Math.round(zone.offset(utcMinute * MINUTE_MS));
  }

  function chunkOf(index: number): Chunk {
    const known = chunks.get(index);
    if (known !== undefined) return known;
    const chunk = readChunk(probe, index * DAYS_PER_CHUNK * MINUTES_PER_DAY);
    chunks.set(index, chunk);
    return chunk;
  }

  function offsetAt(utcMinute: number): number {
    const { offset, changes } = chunkOf(chunkIndex(utcMinute));
    let found = offset;
    for (const change of changes) {
      if (change.at > utcMinute) break;
      found = change.offset;
    }
    return found;
  }

  function changesIn(from: number, to: number): readonly Change[] {
    const first = chunkIndex(from);
    const last = chunkIndex(to);
    const all = first === last ? chunkOf(first).changes : [...chunkOf(first).changes, ...chunkOf(last).changes];
    return all.length === 0 ? all : all.filter((change) => change.at > from && change.at <= to);
  }

  return {
    offsetAt,
    spansOf(day) {
      const from = day * MINUTES_PER_DAY;
      const to = from + MINUTES_PER_DAY - 1;
      const early = from - REACH_OF_A_CHANGE;
      return cutIntoSpans(from, to, offsetAt(early), changesIn(early, to + REACH_OF_A_CHANGE));
    },
  };
}

function chunkIndex(utcMinute: number): number {
  return Math.floor(dayOf(utcMinute) / DAYS_PER_CHUNK);
}

function readChunk(probe: (utcMinute: number) => number, from: number): Chunk {
  const changes: Change[] = [];
  const first = probe(from);
  let before = first;
  // A change at the very end of the chunk is listed here, as the next chunk begins with the offset after it.
  for (let day = 1; day <= DAYS_PER_CHUNK; day++) {
    const at = from + day * MINUTES_PER_DAY;
    const after = probe(at);
    if (after !== before)
      findChanges(probe, { at: at - MINUTES_PER_DAY, offset: before }, { at, offset: after }, changes);
    before = after;
  }
  return { offset: first, changes };
}

/** Halves the time between two moments of different offset until each change between them is found to the minute. */
function findChanges(probe: (utcMinute: number) => number, low: Change, high: Change, found: Change[]): void {
  if (low.offset === high.offset) return;
  if (high.at - low.at <= 1) {
    found.push(high);
    return;
  }
  const at = Math.floor((low.at + high.at) / 2);
  const middle = { at, offset: probe(at) };
  findChanges(probe, low, middle, found);
  findChanges(probe, middle, high, found);
}

function cutIntoSpans(from: number, to: number, offsetBefore: number, changes: readonly Change[]): Span[] {
  const spans: Span[] = [];
  let current = {
    start: Number.NEGATIVE_INFINITY,
    offset: offsetBefore,
    offsetBefore,
    reached: Number.NEGATIVE_INFINITY,
  };
  for (let index = 0; index <= changes.length; index++) {
    const next = changes[index];
    const end = next === undefined ? Number.POSITIVE_INFINITY : next.at - 1;
    if (current.start <= to && end >= from) {
      const againFrom = next === undefined ? Number.POSITIVE_INFINITY : next.at + next.offset;
      spans.push({ ...current, from: Math.max(from, current.start), to: Math.min(to, end), againFrom });
    }
    if (next === undefined) break;
    const reached = Math.max(current.reached, next.at + current.offset);
    current = { start: next.at, offset: next.offset, offsetBefore: current.offset, reached };
  }
  return spans;
}
