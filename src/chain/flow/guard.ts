import type { Guard } from "../model/job.ts";
import type { RunFacts } from "../model/run.ts";

/** Whether an action applies at the scheduled local time of the run; what a guard leaves out always holds. */
export function guardHolds(guard: Guard, scheduled: Pick<RunFacts, "hour" | "minute">): boolean {
  return (guard.hourIn?.includes(scheduled.hour) ?? true) && (guard.minuteIn?.includes(scheduled.minute) ?? true);
}
