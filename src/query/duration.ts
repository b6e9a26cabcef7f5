import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";

const UNITS_MS = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const DURATION = /^(\d{1,6})([smhd])$/;

/** Milliseconds of `90s`, `15m`, `2h` or `3d`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
