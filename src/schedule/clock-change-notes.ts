import { clockText, dateText, dayOf, wallText } from "./wall-time.ts";

/**
 * Why an occurrence stands where a gap ends.
 * @param asked the wall minutes that fell into the gap, in order; at least one
 * @param day the wall day on which the gap ends
 */
export function movedNote(asked: readonly number[], day: number): string {
  const [first = 0] = asked;
  const last = asked.at(-1) ?? first;
  const when = dayOf(first) === day ? "that day" : `on ${dateText(dayOf(first))}`;
  if (asked.length === 1) return `${clockText(first)} does not exist ${when}`;
  if (asked.length === 2) return `${clockText(first)} and ${clockText(last)} do not exist ${when}; they are one run`;
  return `${clockText(first)} to ${clockText(last)} do not exist ${when}; these ${asked.length} times are one run`;
}

/** Why a time got no run at all. */
export function neverExistedNote(asked: number, zone: string, changeMinutes: number): string {
  const hours = Math.round(changeMinutes / 6) / 10;
  return `${wallText(asked)} never existed in ${zone}: its clocks were put forward by ${hours} h`;
}

export function twiceNote(wall: number, which: "first" | "second"): string {
  return `${clockText(wall)} happens twice that day; this is the ${which}`;
}
