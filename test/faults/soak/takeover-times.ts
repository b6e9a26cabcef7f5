import type { SoakJob } from "./soak-jobs.ts";
import type { Sent } from "./soak-target.ts";

/** An agent that was killed. */
export interface Death {
  readonly machine: string;
  readonly at: number;
}

/**
 * How long after the death of its agent each run was sent on, by whomever, as the target saw it. Counts the runs whose
 * last request before the death came from that agent, and that had more to send.
 */
export function takeoverTimes(
  sent: readonly Sent[],
  deaths: readonly Death[],
  jobs: readonly SoakJob[],
): readonly number[] {
  // A run of one machine waits for that machine.
  const ownRuns = new Set(jobs.filter((it) => it.runOn === "all").map((it) => it.name));
  return deaths.flatMap(({ machine, at }) => {
    const last = new Map<string, Sent>();
    const next = new Map<string, Sent>();
    for (const it of sent) {
      if (ownRuns.has(it.job)) continue;
      if (it.at < at) last.set(it.run, it);
      else if (!next.has(it.run)) next.set(it.run, it);
    }
    return [...last.values()]
      .flatMap((it) => (it.machine === machine ? (next.get(it.run)?.at ?? []) : []))
      .map((it) => it - at);
  });
}
