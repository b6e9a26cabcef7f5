import { canonicalZone } from "../schedule/zone-name.ts";

/** Whether this machine knows a time zone of this name. */
export function isKnownZone(name: string): boolean {
  return canonicalZone(name) !== undefined;
}
