import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { RunId } from "../../model/run.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { recordOf } from "../print/printer.ts";
import { visible } from "../print/visible.ts";
import { RUN_DETAIL_FIELDS } from "./run-fields.ts";
import { hostOf, readHosts } from "./run-list.ts";
import { runText } from "./run-text.ts";

export interface RunShowOptions {
  readonly all?: true;
}

/** `run show`: one run with its steps, attempts and samples. */
export function runShow(call: Invocation, id: string, { all }: RunShowOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    await printRun(call, fleet, await pickRun(fleet, id), all === true);
    return EXIT.ok;
  });
}

/** @throws {ExitError} 3 when there is no such run */
export async function pickRun(fleet: Pick<Fleet, "runs">, id: string): Promise<RunRecord> {
  const run = await fleet.runs.find(id as RunId);
  if (run !== undefined) return run;
  throw new ExitError(
    EXIT.notFound,
    `no run has the id "${visible(id)}"`,
    "`fleetcron run list` shows ids; in a shell they need quotes, because they hold the character |.",
  );
}

/**
 * Prints a run the way `run show` does.
 * @param isAll also every item of a list, and what is stored of it; programs get that in any case
 */
export async function printRun(call: Invocation, fleet: Fleet, run: RunRecord, isAll = false): Promise<void> {
  const [hosts, now] = await Promise.all([readHosts(fleet), fleet.serverTime.now()]);
  const host = hostOf(run, hosts);
  const record = { ...recordOf(run, RUN_DETAIL_FIELDS), hostname: host?.hostname ?? null };
  const { paint } = call.print;
  call.print.thing(record, () => runText(run, { host, now, paint, isAll, width: call.deps.output.columns }));
}
