import type { Action } from "./action.ts";
import type { Job } from "./job.ts";

/** The actions of a small chain; their steps are counted in this order. */
export interface ActionLists {
  readonly actions: readonly Action[];
  readonly onFailure: readonly Action[];
  readonly finally: readonly Action[];
}

/** The lists of a job, or of a `for_each`. */
export function listsOf(owner: Pick<Job, "actions" | "onFailure" | "finally">): ActionLists {
  return { actions: owner.actions, onFailure: owner.onFailure ?? [], finally: owner.finally ?? [] };
}
