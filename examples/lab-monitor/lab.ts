import type { Behaviour, JobResult } from "./testflinger.ts";

const GOOD: JobResult = { job_state: "complete", setup_status: 0, provision_status: 0, test_status: 0 };
const UNDER_WAY: JobResult = { job_state: "test", setup_status: 0, provision_status: 0 };

/** A machine of the lab, and what is to become of it in a round. */
export interface LabMachine extends Behaviour {
  /** How its item of the run ends. */
  readonly ends: "ok" | "error" | "unknown";
  /** What the item says when it ends as an error. */
  readonly says?: RegExp;
  readonly submits: number;
  readonly cancels: number;
}

const WORKS = { agent: ["waiting"], submits: 1, cancels: 0 };

/** The machine whose job is under way to the server when the agent is killed. */
export const MACHINE_IN_DOUBT = "juniper";
/** The machine that waits an hour for its agent. */
export const MACHINE_THAT_WAITS = "elm";

/** The machines of rack-1; most have a trouble of their own. */
const RACK_1: Readonly<Record<string, LabMachine>> = {
  aspen: { ...WORKS, polls: [undefined, undefined, UNDER_WAY, UNDER_WAY, GOOD], ends: "ok" },
  birch: { agent: ["offline"], polls: [], ends: "ok", submits: 0, cancels: 0 },
  cedar: { ...WORKS, polls: [undefined, UNDER_WAY], ends: "error", says: /not as wanted within/, cancels: 1 },
  dogwood: { ...WORKS, polls: [UNDER_WAY, UNDER_WAY, "forbidden"], ends: "error", says: /403/ },
  [MACHINE_THAT_WAITS]: {
    ...WORKS,
    agent: [undefined, "waiting"],
    polls: [undefined, { ...GOOD, job_state: "completed" }],
    ends: "ok",
  },
  [MACHINE_IN_DOUBT]: { ...WORKS, polls: [GOOD], ends: "ok" },
};

/** The machines of rack-2, which MAAS does not tell the first time. */
const RACK_2: Readonly<Record<string, LabMachine>> = {
  fir: { ...WORKS, polls: [GOOD], ends: "ok" },
  ginkgo: { agent: [undefined], polls: [], ends: "error", says: /404/, submits: 0, cancels: 0 },
  hazel: { ...WORKS, polls: [UNDER_WAY, { ...GOOD, test_status: 1 }], ends: "error", says: /test_status/ },
  ivy: { agent: ["maintenance"], polls: [], ends: "ok", submits: 0, cancels: 0 },
};

/** @param isKilled whether the agent of rack-1 is killed when the machine in doubt has just got its job */
export function racksOfLab(isKilled: boolean): {
  readonly rack1: Readonly<Record<string, LabMachine>>;
  readonly rack2: Readonly<Record<string, LabMachine>>;
} {
  if (!isKilled) return { rack1: RACK_1, rack2: RACK_2 };
  // Nobody heard the answer, and nobody may send the job a second time.
  const inDoubt: LabMachine = { ...WORKS, polls: [], ends: "unknown", says: /its agent was lost/ };
  return { rack1: { ...RACK_1, [MACHINE_IN_DOUBT]: inDoubt }, rack2: RACK_2 };
}
