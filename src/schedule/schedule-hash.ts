import { createHash } from "node:crypto";
import type { Job } from "../model/job.ts";
import type { ScheduleEntry } from "../model/schedule-spec.ts";
import { readEntry } from "./entry-times.ts";
import { canonicalZone } from "./zone-name.ts";

/** Raised when the same entries come to mean other times or keys, so that no cursor passes over the difference. */
const RULES_VERSION = 1;

/**
 * Hash of what decides when a job is due and where: entries, zone, bounds, `run_on`. The same in every process; the
 * order of entries, doubles and the spelling of a pattern (spaces, nicknames, capitals, hour and minute instead of
 * cron) make no difference.
 */
export function scheduleHash(job: Job, fleetZone: string): string {
  const { entries, zone, notBefore, notAfter } = job.schedule;
  const asked = zone ?? fleetZone;
  const texts = [...new Set(entries.map(spellingOf))].sort();
  const content = [RULES_VERSION, canonicalZone(asked) ?? asked, notBefore ?? null, notAfter ?? null, job.runOn, texts];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 32);
}

function spellingOf(entry: ScheduleEntry): string {
  const read = readEntry(entry);
  return read.ok ? read.times.text : JSON.stringify(entry);
}
