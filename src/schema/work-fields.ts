import type { Job } from "../model/job.ts";
import { addNames, readActions } from "./action.ts";
import { beside, type ChainPlace, fieldIn } from "./chain-place.ts";
import { isAbsent, type Field, type Fields } from "./field.ts";
import { withNames } from "./findings.ts";
import { ChainNames, NAMES_BEFORE_THE_CHAIN } from "./names-in-reach.ts";
import { readRequest, readTimeout, REQUEST_FIELDS } from "./request-fields.ts";
import { readRetry } from "./retry-fields.ts";
import { said } from "./said.ts";
import { readTls } from "./tls-fields.ts";
import { asksForNothing } from "./unsupported-fields.ts";
import { readVars } from "./vars-field.ts";

/** What a job does: its chain, or the one request that it is itself. */
export const WORK_FIELDS = [...REQUEST_FIELDS, "vars", "tls", "actions", "on_failure", "finally"] as const;
type WorkFields = Fields<(typeof WORK_FIELDS)[number]>;

type Work = Pick<Job, "timeoutMs" | "retry" | "actions" | "onFailure" | "finally" | "vars" | "tls">;

export function readWork(fields: WorkFields, runTimeoutMs: number): Work {
  const before = (field: Field): Field => ({ ...field, notes: withNames(field.notes, NAMES_BEFORE_THE_CHAIN) });
  const vars = readVars(before(fields("vars")));
  const tls = readTls(before(fields("tls")));
  const names = new ChainNames();
  for (const name of Object.keys(vars ?? {})) names.addVar(name);
  const place: ChainPlace = { names, depth: 0, runTimeoutMs, jobRetries: undefined, count: { actions: 0 } };
  const chain = readChain((name) => fieldIn(fields(name), place), place);
  const afterFailure = beside({ ...place, jobRetries: chain.retry.retries });
  const onFailure = readActions(fieldIn(fields("on_failure"), afterFailure), afterFailure);
  const atEnd = beside(afterFailure);
  const finallyActions = readActions(fieldIn(fields("finally"), atEnd), atEnd);
  return {
    ...chain,
    ...said({
      onFailure: onFailure.length === 0 ? undefined : onFailure,
      finally: finallyActions.length === 0 ? undefined : finallyActions,
      vars: vars === undefined || Object.keys(vars).length === 0 ? undefined : vars,
      tls,
    }),
  };
}

/** The chain; without one the job itself is the one request. */
function readChain(fields: WorkFields, place: ChainPlace): Pick<Job, "timeoutMs" | "retry" | "actions"> {
  const chain = fields("actions");
  if (isAbsent(chain) || (Array.isArray(chain.value) && chain.value.length === 0)) {
    return readInlineRequest(fields, place);
  }
  noteRequestBesideActions(fields);
  const retry = readRetry(fields("retry"));
  const actions = readActions(chain, { ...place, jobRetries: retry.retries });
  return { timeoutMs: readTimeout(fields("timeout_sec")), retry, actions };
}

function readInlineRequest(fields: WorkFields, place: ChainPlace): Pick<Job, "timeoutMs" | "retry" | "actions"> {
  if (isAbsent(fields("url"))) {
    fields("url").notes.error("", "nothing to do: give a url for one request, or actions for a chain of them");
    return { timeoutMs: undefined, retry: {}, actions: [] };
  }
  const request = readRequest(fields, undefined, place);
  addNames(request, place);
  return { timeoutMs: request.timeoutMs, retry: request.retry, actions: [request] };
}

/** The original ignored these beside actions. */
const IGNORED_BESIDE_ACTIONS: readonly string[] = [
  "method",
  "headers",
  "params",
  "body",
  "redirects",
  "continue_on_failure",
];

/** A request beside actions is ambiguous; a guard or a check there would silently not hold. */
function noteRequestBesideActions(fields: WorkFields): void {
  for (const name of REQUEST_FIELDS) {
    const { value, path, notes } = fields(name);
    if (name === "timeout_sec" || name === "retry" || asksForNothing(value)) continue;
    if (name === "url") notes.error(path, "stands beside actions; keep one of the two");
    else if (IGNORED_BESIDE_ACTIONS.includes(name))
      notes.warn(path, "has no effect beside actions; write it into them");
    else notes.error(path, "has no effect beside actions; write it into them");
  }
}
