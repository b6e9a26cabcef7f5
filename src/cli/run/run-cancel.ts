import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { isFinal } from "../../query/follow-run.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { visible } from "../print/visible.ts";
import { pickRun } from "./run-show.ts";

/** `run cancel`: asks the fleet to end a live run. Its owner ends it; a request under way is broken off. */
export function runCancel(call: Invocation, id: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const run = await pickRun(fleet, id);
    if (isFinal(run.status)) {
      throw new ExitError(EXIT.conflict, `run "${visible(id)}" is not live any more: it is ${run.status}`);
    }
    const command = await fleet.commands.send({
      type: "cancel_run",
      target: { kind: "leader" },
      args: { run: run.id },
      createdAt: call.deps.clock.wallNow(),
      expiresAt: undefined,
    });
    call.print.thing({ command, run: run.id }, () => `Asked the leader to cancel ${visible(run.id)}`);
    return EXIT.ok;
  });
}
