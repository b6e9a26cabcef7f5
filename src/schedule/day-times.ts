/**
 * Times of one day, sorted: `minute of day * 4 + how it is asked for`. Packed, because a schedule may have 1440 of them
 * and thousands of schedules share them.
 */
export type DayTimes = Int16Array;

/** Asked for by an entry with a `*` or a step in its hour or minute: due whenever a wall clock shows it. */
export const RECURRING = 1;
/** Asked for by an entry that names its times: due once, when wall clocks first reach or pass it. */
export const FIXED = 2;

export const NO_TIMES: DayTimes = new Int16Array(0);

export function dayTimes(minutes: readonly number[], asked: typeof RECURRING | typeof FIXED): DayTimes {
  return Int16Array.from(minutes, (minute) => minute * 4 + asked).sort();
}

/** Both together; a minute that stands in both is there once, asked for in both ways. */
export function mergeDayTimes(one: DayTimes, other: DayTimes): DayTimes {
  const askedByMinute = new Map<number, number>();
  for (const time of [...one, ...other]) askedByMinute.set(time >> 2, (askedByMinute.get(time >> 2) ?? 0) | (time & 3));
  return Int16Array.from(askedByMinute, ([minute, asked]) => minute * 4 + asked).sort();
}

/** Index of the first time not before that minute of the day. */
export function firstIndexFrom(times: DayTimes, minute: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) >> 2 < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
