import type { Answer, Respond } from "../stage/stand-in.ts";

/** How a machine of the lab behaves. */
export interface Behaviour {
  /** What its agent says of itself, look by look, the last for ever; `undefined`: nobody knows the agent (404). */
  readonly agent: readonly (string | undefined)[];
  /** What its job comes to, poll by poll, the last for ever; `undefined` is 204, `"forbidden"` is 403. */
  readonly polls: readonly (JobResult | "forbidden" | undefined)[];
}

export interface JobResult {
  readonly job_state: string;
  readonly [status: `${string}_status`]: number;
}

/** What the server knows of the job of a machine. */
interface MachineCount {
  readonly looks: number;
  readonly submits: number;
  readonly polls: number;
  readonly cancels: number;
}

/** A Testflinger server with an agent for each machine. */
export interface Testflinger {
  readonly respond: Respond;
  count(machine: string): MachineCount;
  /** Takes the job of this machine and answers only when it is let go. */
  holdAnswer(machine: string): { letGo(): void };
}

type Counts = { -readonly [Name in keyof MachineCount]: number };

/** @param tell hears of every job that is submitted or cancelled */
export function createTestflinger(
  machines: Readonly<Record<string, Behaviour>>,
  tell: (sentence: string) => void,
): Testflinger {
  const held = new Map<string, Promise<void>>();
  const counts = new Map<string, Counts>(
    Object.keys(machines).map((it) => [it, { looks: 0, submits: 0, polls: 0, cancels: 0 }]),
  );
  const ofJob = (id: string | undefined) => id?.replace(/^job-of-/, "") ?? "";

  function agentData(machine: string): Answer {
    const [behaviour, count] = [machines[machine], counts.get(machine)];
    if (behaviour === undefined || count === undefined) return { status: 404, body: {} };
    const state = nth(behaviour.agent, count.looks++);
    return state === undefined ? { status: 404, body: {} } : { status: 200, body: { name: machine, state } };
  }

  async function submit(body: string): Promise<Answer> {
    const { job_queue: machine } = JSON.parse(body) as { job_queue: string };
    const count = counts.get(machine);
    if (count === undefined) return { status: 422, body: { message: "no such queue" } };
    count.submits++;
    tell(`${machine} gets a job.`);
    await held.get(machine);
    return { status: 200, body: { job_id: `job-of-${machine}` } };
  }

  function result(machine: string): Answer {
    const [behaviour, count] = [machines[machine], counts.get(machine)];
    if (behaviour === undefined || count === undefined || count.submits === 0) return { status: 404, body: {} };
    const outcome = nth(behaviour.polls, count.polls++);
    // It says JSON and sends none.
    if (outcome === undefined) return { status: 204 };
    return outcome === "forbidden" ? { status: 403, body: {} } : { status: 200, body: outcome };
  }

  function act(machine: string, body: string): Answer {
    const count = counts.get(machine);
    const { action } = JSON.parse(body) as { action: string };
    if (count === undefined || action !== "cancel") return { status: 422, body: {} };
    count.cancels++;
    tell(`The job of ${machine} is cancelled.`);
    return { status: 200, body: {} };
  }

  return {
    count: (machine) => ({ looks: 0, submits: 0, polls: 0, cancels: 0, ...counts.get(machine) }),
    holdAnswer(machine) {
      let letGo = (): void => {};
      held.set(machine, new Promise((resolve) => (letGo = resolve)));
      return { letGo };
    },
    respond({ method, path, body }) {
      const [, version, what, second, third] = path.split("/");
      if (version !== "v1") return { status: 404, body: {} };
      if (method === "GET" && what === "agents" && second === "data") return agentData(third ?? "");
      if (method === "POST" && what === "job" && second === undefined) return submit(body);
      if (method === "GET" && what === "result") return result(ofJob(second));
      if (method === "POST" && what === "job" && third === "action") return act(ofJob(second), body);
      return { status: 404, body: {} };
    },
  };
}

/** The nth of a list that goes on with its last. */
function nth<T>(list: readonly T[], index: number): T | undefined {
  return list[Math.min(index, list.length - 1)];
}
