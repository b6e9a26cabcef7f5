import { parseJob } from "../../../src/schema/job.ts";
import type { JobId } from "../../../src/model/job.ts";

export const STEPS = 3;
export const RETRIES = 3;
const EVERY_MINUTES = [1, 2, 3, 5];
/** One job in so many answers slowly, so that runs are under way at any time. */
const SLOW_EVERY = 6;

export type RunOnKind = "leader" | "all" | "any";

export interface SoakJob {
  readonly name: string;
  readonly runOn: RunOnKind;
  /** Due at each minute of UTC that this divides. */
  readonly everyMinutes: number;
  readonly isSlow: boolean;
}

/** The kinds of `run_on` that the program at hand takes. */
export function kindsSupported(): readonly RunOnKind[] {
  const isTaken = (kind: string) =>
    parseJob({ name: kind, schedule: "* * * * *", url: "http://x", run_on: kind }, kind as JobId).ok;
  return (["leader", "all", "any"] as const).filter(isTaken);
}

export function soakJobs(count: number, kinds: readonly RunOnKind[]): readonly SoakJob[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `job-${index}`,
    runOn: kinds[index % kinds.length] ?? "leader",
    everyMinutes: EVERY_MINUTES[Math.floor(index / kinds.length) % EVERY_MINUTES.length] ?? 1,
    isSlow: Math.floor(index / kinds.length) % SLOW_EVERY === 0,
  }));
}

/** As people write it into `jobs`. Nothing of it may be left out after an outage, so that the judge knows what is due. */
export function documentOf(job: SoakJob, targetUrl: string): Readonly<Record<string, unknown>> {
  const steps = Array.from({ length: STEPS }, (_, step) => ({
    type: "http",
    name: `step-${step}`,
    method: "POST",
    url: `${targetUrl}/${job.name}/${step}${job.isSlow ? "/slow" : ""}`,
    headers: { "x-machine": "{{machine.id}}" },
    body: { run: "{{run.id}}" },
    retry: { retries: RETRIES, delay_sec: 0.5, backoff: 1.5 },
  }));
  return {
    name: job.name,
    enabled: true,
    schedule: `*/${job.everyMinutes} * * * *`,
    tz: "UTC",
    run_on: job.runOn,
    overlap: "allow",
    catch_up: "all",
    catch_up_window_sec: 3_600,
    timeout_sec: 30,
    actions: steps,
  };
}
