import { allSteps, type RunView } from "../stage/run-view.ts";
import { MACHINE_IN_DOUBT, MACHINE_THAT_WAITS } from "./lab.ts";

/**
 * A machine waits an hour for its agent, the job of another is sent and not answered, and all others have their job or need
 * none: what comes of a kill is the same each time.
 */
export function isWorstMoment(run: RunView, machines: readonly string[]): boolean {
  const steps = allSteps(run);
  const items = steps.filter((it) => machines.includes(it.name));
  const has = (machine: string, name: string, status: string) =>
    items.find((it) => it.name === machine)?.steps?.some((it) => it.name === name && it.status === status) ?? false;
  const isReady = (machine: string): boolean => {
    if (machine === MACHINE_THAT_WAITS) return has(machine, "agent", "waiting");
    if (machine === MACHINE_IN_DOUBT) return has(machine, "submit", "sending");
    return has(machine, "submit", "ok") || items.some((it) => it.name === machine && it.status !== "running");
  };
  return machines.every(isReady);
}
