import type { JobAction } from "../model/action.ts";
import { ACTION_BASE_FIELDS, readActionBase } from "./action-base.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { readFilledText } from "./read-values.ts";
import { readVars } from "./vars-field.ts";

const NO_VARS = {};

/** `job`: the chain of another job as a part of this run. */
export function readJobAction(field: Field): JobAction | undefined {
  const fields = openObject(field, [...ACTION_BASE_FIELDS, "job", "vars"]);
  if (fields === undefined) return undefined;
  return {
    type: "job",
    ...readActionBase(fields),
    job: readCalled(fields("job")),
    vars: readVars(fields("vars")) ?? NO_VARS,
  };
}

/** Which job it is must be known before it runs: cycles are looked for. */
function readCalled(field: Field): string {
  if (isAbsent(field)) field.notes.error(field.path, "is missing; say which job: its id or name");
  const job = readFilledText(field) ?? "";
  if (job.includes("{{")) field.notes.error(field.path, "can't be a template; write the id or name of the job");
  return job;
}
