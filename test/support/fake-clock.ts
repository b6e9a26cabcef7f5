import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** A clock whose time passes only when a test says so. */
export interface FakeClock extends Clock {
  /** Passes time in order of wake-ups, letting each sleeper run before the next wakes. */
  advance(durationMs: number): Promise<void>;
  /** Moves wall time only, as an operator or NTP would. */
  jumpWallClock(byMs: number): void;
  /** How many sleep. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly dueAt: number;
  /** Who fell asleep first wakes first. */
  readonly order: number;
  readonly wake: () => void;
  isAwake: boolean;
}

export function createFakeClock(start: { readonly wall?: number; readonly monotonic?: number } = {}): FakeClock {
  let wall = start.wall ?? 0;
  let monotonic = start.monotonic ?? 0;
  let order = 0;
  let sleeping = 0;
  let heap: Sleeper[] = [];

  function pass(durationMs: number): void {
    wall += durationMs;
    monotonic += durationMs;
  }

  /** Who was woken early stays in the heap until its time; when most are such, it is made anew. */
  function tidy(): void {
    if (heap.length < 256 || sleeping * 2 > heap.length) return;
    heap = heap.filter((it) => !it.isAwake).sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  async function advance(durationMs: number): Promise<void> {
    const end = monotonic + durationMs;
    for (;;) {
      await new Promise<void>((settle) => setImmediate(settle));
      tidy();
      while (heap[0]?.isAwake === true) takeFirst(heap);
      const [next] = heap;
      if (next === undefined || next.dueAt > end) break;
      takeFirst(heap);
      pass(Math.max(0, next.dueAt - monotonic));
      next.wake();
    }
    pass(end - monotonic);
  }

  function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        if (sleeper.isAwake) return;
        sleeper.isAwake = true;
        sleeping--;
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const dueAt = monotonic + Math.max(0, durationMs);
      const sleeper: Sleeper = { dueAt, order: order++, wake, isAwake: false };
      sleeping++;
      put(heap, sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  return {
    wallNow: () => wall as EpochMs,
    monotonicNow: () => monotonic as MonotonicMs,
    sleep,
    advance,
    jumpWallClock: (byMs) => {
      wall += byMs;
    },
    get sleepers() {
      return sleeping;
    },
  };
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}

/** A binary heap: the children of place n are at 2n + 1 and 2n + 2, and none is before its parent. */
function put(heap: Sleeper[], sleeper: Sleeper): void {
  let place = heap.length;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(sleeper, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = sleeper;
}

function takeFirst(heap: Sleeper[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    let child = heap[below];
    if (child === undefined) break;
    const other = heap[below + 1];
    if (other !== undefined && isBefore(other, child)) {
      below++;
      child = other;
    }
    if (!isBefore(child, last)) break;
    heap[place] = child;
    place = below;
  }
  heap[place] = last;
}
