import { whereInWords } from "../membership/eligible.ts";
import type { Job } from "../model/job.ts";

/** Where a job runs, in plain words: `every machine with labels role=db`. */
export function describeRunOn({ runOn, where }: Pick<Job, "runOn" | "where">): string {
  const asked = whereInWords(where);
  const suffix = asked === "" ? "" : ` with ${asked}`;
  switch (runOn) {
    case "leader":
      return asked === "" ? "the leader" : `the leader, else the lowest serial,${suffix}`;
    case "all":
      return `every machine${suffix}`;
    case "any":
      return `any machine${suffix}`;
  }
}
