import type { Parsed } from "../model/problem.ts";
import type { FleetSettings } from "../model/settings.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { Findings, type Border } from "./findings.ts";
import { LEASE_FIELDS, MAX_SERIAL_LIMIT, readLease } from "./fleet-fields.ts";
import { readNumber } from "./numbers.ts";
import { readZone } from "./zone-field.ts";

const SETTINGS_BORDER: Border = { takesTextNumbers: false, quotesTexts: true };

/**
 * Reads what the fleet has stored of its settings, under the same rules as a config. Nothing has a default here: agents
 * that filled a gap each in their own way would not agree.
 */
export function parseFleetSettings(document: unknown): Parsed<FleetSettings> {
  const findings = new Findings(SETTINGS_BORDER);
  const root: Field = { path: "", value: document, notes: findings };
  const fields = openObject(root, ["_id", "format", "tz", "max_serial", "lease"]);
  if (fields === undefined) return findings.conclude<FleetSettings>(undefined);
  const lease = fields("lease");
  const inLease = openObject(lease, LEASE_FIELDS);
  const needed = [fields("tz"), fields("max_serial"), ...LEASE_FIELDS.flatMap((name) => inLease?.(name) ?? [])];
  for (const field of needed.filter(isAbsent)) field.notes.error(field.path, "is missing");
  const zone = readZone(fields("tz"));
  const maxSerial = readNumber(fields("max_serial"), { min: 1, max: MAX_SERIAL_LIMIT, whole: true });
  const isComplete = inLease !== undefined && !needed.some(isAbsent);
  if (!isComplete) return findings.conclude<FleetSettings>(undefined);
  const timing = readLease(lease);
  return findings.conclude(
    zone === undefined || maxSerial === undefined ? undefined : { zone, maxSerial, lease: timing },
  );
}
