import { type Check, type Report, same } from "../stage/report.ts";
import { racksOfLab } from "./lab.ts";
import type { RackRound } from "./round.ts";
import type { Testflinger } from "./testflinger.ts";

export interface LabPlayed {
  /** rack-1, then the two of rack-2. */
  readonly rounds: readonly RackRound[];
  readonly testflinger: Testflinger;
  /** Why MAAS refused requests. */
  readonly maasRefusals: readonly string[];
  /** The agent of rack-1 was killed in mid-run. */
  readonly isKilled: boolean;
}

/** What became of each machine, held against what had to, and against what the servers saw. */
export function reportOfLab(played: LabPlayed): Report {
  const { rounds, testflinger } = played;
  const rows = rounds.flatMap(({ rack, maasError, machines }) =>
    maasError === undefined
      ? machines.map(({ machine, status, what }) => {
          const { submits, polls, cancels } = testflinger.count(machine);
          return [rack, machine, status, String(submits), String(polls), String(cancels), what];
        })
      : [[rack, "-", "no list", "0", "0", "0", `${maasError}; the next cycle asks again`]],
  );
  return {
    title: "What became of each machine of the lab",
    head: ["RACK", "MACHINE", "RESULT", "JOBS", "POLLS", "CANCELS", "WHAT HAPPENED"],
    rows,
    checks: [...checksOfRounds(played), ...checksOfMachines(played)],
  };
}

function checksOfRounds({ rounds, maasRefusals, isKilled }: LabPlayed): readonly Check[] {
  const [rack1, first, next] = rounds;
  const takeovers = rack1?.run.takeovers ?? 0;
  const racks = racksOfLab(isKilled);
  return [
    same("MAAS took every signature", maasRefusals, []),
    same("a failure of MAAS is an empty rack and no error", [first?.run.status, first?.machines.length], ["ok", 0]),
    same("the next cycle tries again", next?.maasError ?? null, null),
    same(
      "every machine is in the report",
      [rack1, next].map((it) => it?.machines.map(({ machine }) => machine)),
      [Object.keys(racks.rack1), Object.keys(racks.rack2)],
    ),
    same(
      "a rack with a failed machine is an error",
      [rack1, next].map((it) => it?.run.status),
      ["error", "error"],
    ),
    same(
      isKilled ? "another agent went on with the run of the killed one" : "each run stayed with its agent",
      takeovers,
      isKilled ? 1 : 0,
    ),
  ];
}

function checksOfMachines({ rounds, testflinger, isKilled }: LabPlayed): readonly Check[] {
  const ends = new Map(rounds.flatMap((it) => it.machines).map((it) => [it.machine, it]));
  const racks = racksOfLab(isKilled);
  const machines = Object.entries({ ...racks.rack1, ...racks.rack2 });
  const counts = machines.map(([name]) => ({ name, ...testflinger.count(name) }));
  return [
    ...machines.map(([name, { ends: status, says }]): Check => {
      const end = ends.get(name);
      const holds = end?.status === status && (says === undefined || says.test(end.what));
      const words = says === undefined ? "" : `, and says: ${says.source}`;
      return { says: `${name} is ${status}${words}`, holds, saw: `${end?.status}, ${end?.what}` };
    }),
    same(
      "no machine got a job twice, and none that is off got one",
      counts.map((it) => [it.name, it.submits]),
      machines.map(([name, { submits }]) => [name, submits]),
    ),
    same(
      "what ran out of time was cancelled, once, and nothing else",
      counts.map((it) => [it.name, it.cancels]),
      machines.map(([name, { cancels }]) => [name, cancels]),
    ),
    same(
      "an agent that nobody knows is asked for three times",
      counts.filter((it) => it.name === "ginkgo").map((it) => it.looks),
      [3],
    ),
  ];
}
