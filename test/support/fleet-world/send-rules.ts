import { stepKey } from "../../../src/model/run.ts";
import type { Arrival } from "./scripted-target.ts";
import { hasAllBefore, isOver, stepsBefore } from "./steps-before.ts";
import type { World } from "./world.ts";

/**
 * Checks each request as it arrives against what the database holds at that moment, and collects in words what must
 * never happen: an attempt that arrives twice, that nobody stored before, whose run is another's by now, whose sender's
 * session is dead, or that comes before the result of the step before it is stored.
 */
export function watchSends(world: World): readonly string[] {
  const broken: string[] = [];
  const arrived = new Set<string>();
  world.target.onArrival = (arrival) => {
    const attempt = `${arrival.run}, step ${arrival.step}, poll ${arrival.poll}, attempt ${arrival.attempt}`;
    const from = `from ${arrival.machine} at ${new Date(arrival.at).toISOString()}`;
    if (arrived.has(attempt)) broken.push(`${attempt} arrived a second time, ${from}`);
    arrived.add(attempt);
    for (const what of flawsOf(world, arrival)) broken.push(`${attempt} ${what}, ${from}`);
  };
  return broken;
}

function* flawsOf({ state }: World, { run: id, step: key, poll, attempt, fence }: Arrival): Generator<string> {
  const run = state.runs.get(id);
  if (run === undefined || !("session" in run)) return yield "belongs to no run";
  if (run.token !== fence) yield `came with token ${fence} while the run's is ${run.token}`;
  if (![...state.serials.values()].some((it) => it.session === run.session)) yield "came from a dead session";
  const step = run.steps.find((it) => stepKey(it) === key);
  const isStored = step?.status === "sending" && step.attempts === attempt && (step.polls ?? 0) === poll;
  if (!isStored) yield `was not stored before: ${JSON.stringify(step)}`;
  if (!hasAllBefore(run.steps, key) || !stepsBefore(run.steps, key).every(isOver))
    yield "came before the result of an earlier step was stored";
}
