import { callersAmong, type Caller, type ReadJob, type TargetedCall } from "./call-targets.ts";
import { strongComponents } from "./strong-components.ts";

/** Jobs that are looked at, at most, to print cycles; of a larger knot it is only said that there is one. */
const LOOKED_AT_MAX = 100_000;

/** Who calls whom, among the jobs that call others. */
export interface CallGraph {
  readonly callers: readonly Caller[];
  /** The caller that a call leads to; `undefined` for a job that calls nobody, for none, and for several of one name. */
  callerMeantBy(call: TargetedCall): ReadJob | undefined;
  /** The shortest way from a job that this one calls back to it, both included, if they are on one cycle. */
  cycle(job: ReadJob, called: ReadJob): readonly ReadJob[] | "too many jobs" | undefined;
  isOnCycle(job: ReadJob): boolean;
  /** Most calls that lead on from a job; none leads on into a cycle. */
  depth(job: ReadJob): number;
  /** Of the callers that a job leads to the one from which the most calls lead on. */
  deepestAfter(job: ReadJob): ReadJob | undefined;
}

/** Costs time for the jobs that call others; for the rest it is a look at each. */
export function createCallGraph(jobs: readonly ReadJob[]): CallGraph {
  const callers = callersAmong(jobs);
  const placeOf = new Map(callers.map(({ job }, place) => [job, place]));
  const meant = ({ targets: [only, ...others] }: TargetedCall): number | undefined =>
    only === undefined || others.length > 0 ? undefined : placeOf.get(only);
  const next = callers.map(({ calls }) => calls.flatMap((call) => meant(call) ?? []));
  const ahead = (place: number): readonly number[] => next[place] ?? [];
  const knots = new Map<number, ReadonlySet<number>>();
  const depths = new Map<number, number>();
  for (const part of strongComponents(callers.keys(), ahead)) {
    const members = new Set(part);
    const isKnot = part.length > 1 || part.some((place) => ahead(place).includes(place));
    for (const place of part) {
      if (isKnot) knots.set(place, members);
      else depths.set(place, 1 + ahead(place).reduce((most, it) => Math.max(most, depths.get(it) ?? 0), 0));
    }
  }
  let looksLeft = LOOKED_AT_MAX;

  function way(from: number, to: number, members: ReadonlySet<number>): readonly number[] | undefined {
    const cameFrom = new Map<number, number | undefined>([[from, undefined]]);
    for (const place of cameFrom.keys()) {
      if (place === to) break;
      if (looksLeft === 0) return undefined;
      looksLeft -= 1;
      for (const it of ahead(place)) if (members.has(it) && !cameFrom.has(it)) cameFrom.set(it, place);
    }
    const found: number[] = [];
    for (let place: number | undefined = to; place !== undefined; place = cameFrom.get(place)) found.push(place);
    return found.reverse();
  }

  const jobAt = (place: number): ReadJob | undefined => callers[place]?.job;
  return {
    callers,
    callerMeantBy(call) {
      const place = meant(call);
      return place === undefined ? undefined : jobAt(place);
    },
    cycle(job, called) {
      const [to, from] = [placeOf.get(job), placeOf.get(called)];
      if (to === undefined || from === undefined) return undefined;
      const members = knots.get(to);
      if (members?.has(from) !== true) return undefined;
      return way(from, to, members)?.flatMap((place) => jobAt(place) ?? []) ?? "too many jobs";
    },
    isOnCycle: (job) => knots.has(placeOf.get(job) ?? -1),
    depth: (job) => depths.get(placeOf.get(job) ?? -1) ?? 0,
    deepestAfter(job) {
      const most = ahead(placeOf.get(job) ?? -1).reduce(
        (best, it) => (best === undefined || (depths.get(it) ?? 0) > (depths.get(best) ?? 0) ? it : best),
        undefined as number | undefined,
      );
      return most === undefined ? undefined : jobAt(most);
    },
  };
}
