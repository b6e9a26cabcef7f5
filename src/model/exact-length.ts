import { HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h`. */
export function exactLength(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Number((ms / SECOND_MS).toFixed(1))} s`;
  const [big, bigMs, small, smallMs] =
    ms < HOUR_MS ? (["min", MINUTE_MS, "s", SECOND_MS] as const) : (["h", HOUR_MS, "min", MINUTE_MS] as const);
  const rest = Math.floor((ms % bigMs) / smallMs);
  return `${Math.floor(ms / bigMs)} ${big}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}
