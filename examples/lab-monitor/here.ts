import type { Fleet } from "../stage/fleet.ts";
import type { Report } from "../stage/report.ts";
import type { Stage } from "../stage/stage.ts";
import { rackJob, roundJob, secretsOf } from "./jobs.ts";
import { MACHINE_IN_DOUBT, MACHINE_THAT_WAITS, racksOfLab } from "./lab.ts";
import { reportOfLab } from "./lab-report.ts";
import { createMaas, MAAS_KEY } from "./maas.ts";
import type { HereOptions } from "./options.ts";
import { type RackRound, readRound } from "./round.ts";
import { createTestflinger } from "./testflinger.ts";
import { isWorstMoment } from "./worst-moment.ts";

/** The first agent looks after MongoDB, so that another is killed. */
const KILLED_SERIAL = 2;

/** The lab of stand-ins: two racks at once, and a second round of the one that MAAS did not tell. */
export async function playHere(stage: Stage, { isKilled, hourSec }: HereOptions): Promise<Report> {
  const { rack1, rack2 } = racksOfLab(isKilled);
  const maas = createMaas({ "rack-1": Object.keys(rack1), "rack-2": Object.keys(rack2) }, "rack-2");
  const testflinger = createTestflinger({ ...rack1, ...rack2 }, stage.say);
  const [maasServer, testflingerServer] = [
    await stage.openStandIn(maas.respond),
    await stage.openStandIn(testflinger.respond),
  ];
  const secrets = secretsOf({ maas: maasServer.url, maasKey: MAAS_KEY, testflinger: testflingerServer.url });
  const fleet = await stage.startFleet({ agents: 2, secrets: () => secrets });
  await fleet.apply([await roundJob(hourSec), await rackJob("rack-1"), await rackJob("rack-2")]);

  const held = isKilled ? testflinger.holdAnswer(MACHINE_IN_DOUBT) : undefined;
  const began = await fleet.begin("lab-rack-1", KILLED_SERIAL);
  stage.say(`The agent with serial ${KILLED_SERIAL} goes through rack-1, the other one through rack-2.`);
  const others = playTwice(stage, fleet, "rack-2");
  // Its failure is told below, also when something else fails before.
  others.catch(() => {});
  if (isKilled) await killInTheWait(stage, fleet, began, Object.keys(rack1));
  held?.letGo();
  const first = readRound("rack-1", await fleet.untilEnded(began));
  stage.say(`rack-1: ${first.run.status}.`);
  const rounds = [first, ...(await others)];
  return reportOfLab({ rounds, testflinger, maasRefusals: maas.refusals, isKilled });
}

async function playTwice(stage: Stage, fleet: Fleet, rack: string): Promise<readonly RackRound[]> {
  const rounds: RackRound[] = [];
  for (const nth of ["first", "next"]) {
    const round = readRound(rack, await fleet.run(`lab-${rack}`));
    rounds.push(round);
    stage.say(`${rack}, ${nth} cycle: ${round.run.status}, ${round.machines.length} machines.`);
  }
  return rounds;
}

/** Kills the agent at its worst: a machine waits an hour for its agent, another one's job is sent and not answered. */
async function killInTheWait(stage: Stage, fleet: Fleet, run: string, machines: readonly string[]): Promise<void> {
  await fleet.untilRun(run, (it) => isWorstMoment(it, machines));
  await fleet.kill(KILLED_SERIAL);
  stage.say(
    `${MACHINE_THAT_WAITS} waits an hour for its agent, and nobody has answered for the job of ${MACHINE_IN_DOUBT}: the agent that runs rack-1 is killed.`,
  );
  const { serial } = await fleet.untilRun(run, (it) => it.takeovers > 0);
  stage.say(`The agent with serial ${serial} goes on with rack-1.`);
}
