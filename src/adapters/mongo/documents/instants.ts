import type { EpochMs } from "../../../model/time.ts";

export function dateOf(at: EpochMs): Date {
  return new Date(at);
}

export function instantOf(date: Date): EpochMs {
  return date.getTime() as EpochMs;
}

export function instantOrUndefined(date: Date | null | undefined): EpochMs | undefined {
  return date === null || date === undefined ? undefined : instantOf(date);
}
