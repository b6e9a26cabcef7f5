import { leaseTiming, type LeaseTiming } from "../model/member.ts";
import { openObject, type Field } from "./field.ts";
import { readSeconds } from "./numbers.ts";

/** The zone of the original FleetCron, which its configs rely on where they name none. */
export const ZONE_DEFAULT = "Asia/Seoul";
export const MAX_SERIAL_DEFAULT = 1_000;
export const MAX_SERIAL_LIMIT = 10_000;

export const LEASE_FIELDS = ["heartbeat_sec", "ttl_sec", "guard_sec"] as const;
const LEASE_DEFAULT = { heartbeatMs: 3_000, ttlMs: 12_000, guardMs: 3_000 };
const LEASE_SEC_MIN = 0.05;
const LEASE_SEC_MAX = 86_400;

/** `lease`: how long things take in the whole fleet. */
export function readLease(field: Field): LeaseTiming {
  const fields = openObject(field, LEASE_FIELDS);
  const read = (name: (typeof LEASE_FIELDS)[number]): number | undefined =>
    fields && readSeconds(fields(name), LEASE_SEC_MIN, LEASE_SEC_MAX);
  const heartbeatMs = read("heartbeat_sec") ?? LEASE_DEFAULT.heartbeatMs;
  const ttlMs = read("ttl_sec") ?? LEASE_DEFAULT.ttlMs;
  const guardMs = read("guard_sec") ?? LEASE_DEFAULT.guardMs;
  // Two renewals may get lost before an owner's trust ends (design 5, trust window).
  const ttlMsMin = 3 * heartbeatMs + guardMs;
  if (ttlMs < ttlMsMin) {
    const rule = `ttl_sec must be at least 3 · heartbeat_sec + guard_sec = ${ttlMsMin / 1_000}, got ${ttlMs / 1_000}`;
    field.notes.error(field.path, rule);
  }
  return leaseTiming(heartbeatMs, ttlMs, guardMs);
}
