import type { RunFacts } from "../../model/run.ts";
import { isoSeconds } from "../../model/time.ts";
import type { Chance } from "../../ports/chance.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import { hasHeader } from "./headers.ts";
import { wellFormed } from "../../model/unicode.ts";

/** What a receiver is told about an attempt. */
export interface AttemptFacts {
  readonly run: RunFacts;
  /** Grows with every owner of the run, so a receiver can refuse a former one. */
  readonly token: number;
  /** The same for all attempts of one request: the key of its step, and which poll it is. */
  readonly step: string;
  readonly attempt: number;
  /** 32 hex digits, the same for all that one agent sends in a run. */
  readonly traceId: string;
}

/** Adds the headers that tell whose attempt it is; a header that the job set itself stays. */
export function withRunHeaders(request: HttpRequest, facts: AttemptFacts, chance: Chance): HttpRequest {
  const headers = Object.assign(Object.create(null), request.headers) as Record<string, string>;
  for (const [name, value] of Object.entries(runHeaders(facts, chance))) {
    if (!hasHeader(request.headers, name.toLowerCase())) headers[name] = value;
  }
  return { ...request, headers };
}

/** A W3C trace id: 32 hex digits. */
export function traceId(chance: Chance): string {
  return randomHex(chance, 32);
}

function runHeaders(facts: AttemptFacts, chance: Chance): Record<string, string> {
  const { run, token, step, attempt } = facts;
  return {
    // The same for all attempts of a step.
    "Idempotency-Key": headerSafe(`${run.id}:${step}`),
    "X-FleetCron-Job": headerSafe(run.jobName),
    "X-FleetCron-Run-Id": headerSafe(run.id),
    "X-FleetCron-Scheduled-For": isoSeconds(run.scheduledFor),
    "X-FleetCron-Attempt": String(attempt),
    "X-FleetCron-Fence": String(token),
    traceparent: `00-${facts.traceId}-${randomHex(chance, 16)}-01`,
  };
}

function headerSafe(text: string): string {
  return text.replace(/[^\u0020-\u007e]+/gu, (unsafe) => encodeURIComponent(wellFormed(unsafe)));
}

function randomHex(chance: Chance, digits: number): string {
  return chance.uuid().replaceAll("-", "").slice(0, digits).padEnd(digits, "0");
}
