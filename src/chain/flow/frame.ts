import type { Action } from "../../model/action.ts";
import type { ActionLists } from "../../model/action-lists.ts";
import type { Job } from "../../model/job.ts";
import type { Step, StepKey } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import type { Scope } from "../../expression/scope.ts";
import type { RunRecord } from "../record/run-record.ts";
import type { StepPlace } from "../record/step.ts";

/** A small chain within a run: the run itself, one item of a `for_each`, a called job. */
export interface Frame {
  /** The step that it is a part of; `undefined`: the run itself. */
  readonly parent: StepKey | undefined;
  /** Whose retries, time limits and TLS hold. */
  readonly job: Job;
  /** What each named step's answer must be kept of, for templates. */
  readonly wanted: ReadonlyMap<string, readonly string[]>;
  readonly lists: ActionLists;
  readonly scope: Scope;
  /** How many such chains may be under way side by side in the run. */
  readonly width: number;
}

/** An action and where its step stands. */
export interface Place extends StepPlace {
  readonly key: StepKey;
  readonly action: Action;
}

/** The places of one of the lists. */
export function placesOf(
  { parent, lists }: Pick<Frame, "parent" | "lists">,
  list: keyof ActionLists,
): readonly Place[] {
  const from = { actions: 0, onFailure: lists.actions.length, finally: lists.actions.length + lists.onFailure.length };
  const part = { actions: {}, onFailure: { part: "on_failure" }, finally: { part: "finally" } } as const;
  return lists[list].map((action, i) => {
    const place = { index: from[list] + i, ...(parent === undefined ? {} : { parent }), ...part[list] };
    return { ...place, action, key: stepKey(place) };
  });
}

export function allPlaces(frame: Pick<Frame, "parent" | "lists">): readonly Place[] {
  return (["actions", "onFailure", "finally"] as const).flatMap((list) => placesOf(frame, list));
}

/** Where a step stands, without what the action is. */
export function stepPlace({ index, parent, part }: Place): StepPlace {
  return { index, ...(parent === undefined ? {} : { parent }), ...(part === undefined ? {} : { part }) };
}

export function stepAt(record: RunRecord, { key }: Place): Step | undefined {
  return record.get(key);
}
