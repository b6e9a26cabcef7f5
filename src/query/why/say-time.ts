import type { EpochMs } from "../../model/time.ts";
import { localOccurrence } from "../../schedule/local-occurrence.ts";
import { readableLocal } from "../times.ts";

/** Says moments in one zone, for an answer about one day. */
export interface SayTime {
  /** `12:05:09`; with its date when that is another. */
  clock(at: EpochMs): string;
  /** `2026-11-21 12:05 +01:00` */
  whole(at: EpochMs): string;
}

/** @param about the moment whose date goes without saying */
export function createSayTime(zone: string, about: EpochMs): SayTime {
  const local = (at: EpochMs) => localOccurrence(at, zone).local;
  const day = local(about).slice(0, 10);
  return {
    clock(at) {
      const text = local(at);
      const clock = text.slice(11, 19);
      return text.startsWith(day) ? clock : `${text.slice(0, 10)} ${clock}`;
    },
    whole: (at) => readableLocal(local(at)),
  };
}
