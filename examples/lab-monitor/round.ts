import { allSteps, type RunView, type StepView } from "../stage/run-view.ts";

/** What the record of a rack's run says of one machine. */
interface MachineEnd {
  readonly machine: string;
  readonly status: string;
  readonly what: string;
}

/** One round over a rack: what MAAS said, and how each machine ended. */
export interface RackRound {
  readonly rack: string;
  readonly run: RunView;
  /** Why MAAS gave no list; the rack counts as empty then. */
  readonly maasError: string | undefined;
  readonly machines: readonly MachineEnd[];
}

/** The step "round" of the rack's job, which calls `lab-rack`: its list, and its machines. */
const LIST_KEY = "0/0";
const MACHINES_KEY = "0/1";
/** A machine that gets a job costs four requests or more: its agent, the job, a poll, the judgement. */
const REQUESTS_OF_A_JOB = 4;

export function readRound(rack: string, run: RunView): RackRound {
  const steps = allSteps(run);
  const list = steps.find((it) => it.key === LIST_KEY);
  const items = steps.find((it) => it.key === MACHINES_KEY)?.steps ?? [];
  const machines = items.map((item) => ({
    machine: item.name,
    status: item.status,
    what: inWords(item),
  }));
  return { rack, run, maasError: list?.status === "ok" ? undefined : (list?.error ?? "never asked"), machines };
}

/** How an item ended. Its steps are forgotten by then: how many requests it took says whether there was a job. */
function inWords({ status, error, attempts }: StepView): string {
  if (status === "unknown") return `nobody knows whether it has a job: ${error}`;
  if (status !== "ok") return error ?? status;
  return attempts < REQUESTS_OF_A_JOB
    ? "no job: its agent is offline or in maintenance"
    : "its job ran and every status is 0";
}
