import { type ActionLists, listsOf } from "./action-lists.ts";
import type { Action } from "./action.ts";
import type { Job } from "./job.ts";

/** Where a job calls another one. */
export interface JobCall {
  /** The JSON Pointer of the field that names the other job. */
  readonly path: string;
  /** Its id or name, as written. */
  readonly job: string;
}

const NONE: readonly JobCall[] = [];

/** Every call of a job, those in `for_each`, `on_failure` and `finally` too. */
export function callsOf(job: Job): readonly JobCall[] {
  const calls = callsIn(listsOf(job), "");
  return calls.length === 0 ? NONE : calls;
}

function callsIn(lists: ActionLists, path: string): readonly JobCall[] {
  return [
    ...callsOfList(lists.actions, `${path}/actions`),
    ...callsOfList(lists.onFailure, `${path}/on_failure`),
    ...callsOfList(lists.finally, `${path}/finally`),
  ];
}

function callsOfList(actions: readonly Action[], path: string): readonly JobCall[] {
  if (actions.every((it) => it.type === "http" || it.type === "sleep")) return NONE;
  return actions.flatMap((action, index) => {
    if (action.type === "job") return [{ path: `${path}/${index}/job`, job: action.job }];
    return action.type === "for_each" ? callsIn(action, `${path}/${index}`) : [];
  });
}
