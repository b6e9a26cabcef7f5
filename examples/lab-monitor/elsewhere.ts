import type { Stage } from "../stage/stage.ts";
import { type Report, same } from "../stage/report.ts";
import { rackJob, roundJob, secretsOf } from "./jobs.ts";
import type { ElsewhereOptions } from "./options.ts";
import { readRound } from "./round.ts";

/** One round through one rack of servers that are not ours, and what the record says of it. */
export async function playElsewhere(stage: Stage, { servers, rack, hourSec }: ElsewhereOptions): Promise<Report> {
  const secrets = secretsOf(servers);
  const fleet = await stage.startFleet({ agents: 1, secrets: () => secrets });
  await fleet.apply([await roundJob(hourSec), await rackJob(rack)]);
  stage.say(`Going through ${rack} of ${servers.maas}, with jobs at ${servers.testflinger}.`);
  const { run, maasError, machines } = readRound(rack, await fleet.run(`lab-${rack}`));
  return {
    title: `${rack}: the run is ${run.status}${run.reason === null ? "" : ` (${run.reason})`}`,
    head: ["MACHINE", "RESULT", "WHAT HAPPENED"],
    rows: [
      ...(maasError === undefined ? [] : [["-", "no list", `${maasError}; the next cycle asks again`]]),
      ...machines.map((it) => [it.machine, it.status, it.what]),
    ],
    checks: [
      { says: "the round came to its end", holds: ["ok", "error"].includes(run.status), saw: run.status },
      same(
        "every machine came to its end",
        machines.filter((it) => !["ok", "error", "skipped_when"].includes(it.status)).map((it) => it.machine),
        [],
      ),
    ],
  };
}
