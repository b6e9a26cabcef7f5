import { EXIT, type ExitCode } from "../model/errors.ts";
import type { RunStatus } from "../model/run.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { RunRecord } from "../ports/run-history.ts";
import { demoJobs } from "./demo-jobs.ts";
import type { DemoAgent, DemoFleet, DemoParts } from "./demo-parts.ts";
import { type Summary, summarise } from "./demo-summary.ts";
import { createDemoTarget, type Delivery } from "./demo-target.ts";
import { createNarrator, type Narrator } from "./narrator.ts";

const AGENTS = ["A", "B", "C"];
/** The killed agent is started again after the others have taken over. */
const RESTART_AFTER_MS = 25 * SECOND_MS;
/** Time for the chains of the last minute, and of the restarted agent, to end. */
const LAST_RUNS_MS = 20 * SECOND_MS;
const LOOK_EVERY_MS = 500;
/** A fleet on one machine is complete within this. */
const JOIN_MS_MAX = 60 * SECOND_MS;

/**
 * Starts a fleet on this machine, lets it work, kills its leader in mid-chain, and holds what was recorded and what
 * arrived against what was due. Exit code 0 only if every due occurrence ran exactly once.
 */
export async function runDemo(parts: DemoParts, minutes: number, interrupted: AbortSignal): Promise<ExitCode> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await play(parts, minutes, interrupted, closers);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => {});
  }
}

async function play(
  parts: DemoParts,
  minutes: number,
  interrupted: AbortSignal,
  closers: (() => Promise<void>)[],
): Promise<ExitCode> {
  const { clock, say } = parts;
  say(`FleetCron demo: three agents, one MongoDB, nothing in between. It takes about ${minutes + 1} minutes.`);
  const folder = await parts.makeFolder();
  closers.push(folder.remove);
  const database = await parts.startDatabase(`${folder.path}/mongodb`);
  closers.push(database.stop);
  let onDelivery: (delivery: Delivery) => void = () => {};
  const target = createDemoTarget((delivery) => onDelivery(delivery));
  const server = await parts.startTarget(target.answer);
  closers.push(server.close);
  const fleet = await parts.openFleet(database.uri);
  closers.push(fleet.close);
  for (const job of demoJobs(server.url)) await fleet.jobs.create(job);
  say(`${database.words}. A local target waits for requests, and four jobs are in the database:`);
  say(
    `  order-sync (a chain of three with a retry), health-check (on every machine), broken-report (always fails), typo (invalid).`,
  );

  const agents = new Map<string, DemoAgent>();
  const start = (name: string) =>
    agents.set(name, parts.startAgent(name, `${folder.path}/agent-${name}`, database.uri));
  for (const name of AGENTS) start(name);
  closers.push(async () => void (await stopAgents(agents)));
  const narrator = createNarrator(fleet, clock, say);

  const names = await waitForFleet(fleet, narrator, parts, interrupted);
  if (names === undefined) return giveUp(parts, interrupted);
  const first = nextMinute(clock.wallNow());
  say(`The fleet is complete. The jobs are due at every minute; the first is ${clockText(first)}.`);
  const killAt = (first + MINUTE_MS) as EpochMs;
  const last = (first + (minutes - 1) * MINUTE_MS) as EpochMs;

  onDelivery = (delivery) => {
    if (delivery.job !== "order-sync" || Date.parse(delivery.scheduledFor) !== killAt) return;
    onDelivery = () => {};
    killLeader(narrator, agents, names, start, parts, interrupted);
  };
  const end = Math.max(last, killAt + RESTART_AFTER_MS) + LAST_RUNS_MS;
  await narrator.watchUntil(end as EpochMs, LOOK_EVERY_MS, interrupted);
  if (interrupted.aborted) return giveUp(parts, interrupted);
  await narrator.settle(LOOK_EVERY_MS, 30 * SECOND_MS, interrupted);

  say("Stopping the agents: each lets its steps finish and frees its serial.");
  const exits = await stopAgents(agents);
  const due = Array.from({ length: minutes }, (_, index) => (first + index * MINUTE_MS) as EpochMs);
  const records = await fleet.runs.list({ jobId: undefined, statuses: [], since: first, limit: 1_000 });
  const inTime = records.filter((it) => it.scheduledFor <= last);
  const summary = summarise({ minutes: due, agents: names, records: inTime, deliveries: target.deliveries });
  return conclude(say, summary, inTime, target.deliveries.length, exits);
}

function killLeader(
  narrator: Narrator,
  agents: Map<string, DemoAgent>,
  names: ReadonlyMap<string, string>,
  start: (name: string) => void,
  { clock, say }: DemoParts,
  interrupted: AbortSignal,
): void {
  const name = names.get(narrator.leader() ?? "");
  const agent = name === undefined ? undefined : agents.get(name);
  if (name === undefined || agent === undefined) return say("Nobody leads at the moment; nobody is killed.");
  agent.kill("SIGKILL");
  agents.delete(name);
  say(
    `${clockText(clock.wallNow())}  The minute has turned and agent ${name}, the leader, waits for its first answer: killed with SIGKILL.`,
  );
  say("          Within 17 s its session is found silent, another leads, and its runs go on where they stopped.");
  void clock.sleep(RESTART_AFTER_MS, interrupted).then(() => {
    if (interrupted.aborted) return;
    say(`${clockText(clock.wallNow())}  Agent ${name} is started again.`);
    start(name);
  });
}

/** The agents by machine id, or `undefined` when they did not all join in time. */
async function waitForFleet(
  fleet: DemoFleet,
  narrator: Narrator,
  { clock }: DemoParts,
  interrupted: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
  const end = clock.monotonicNow() + JOIN_MS_MAX;
  while (clock.monotonicNow() < end && !interrupted.aborted) {
    const machines = await fleet.machines.readAll();
    narrator.know(new Map(machines.map((it) => [it.machineId, it.labels["name"] ?? it.hostname])));
    await narrator.look();
    const active = machines.filter((it) => it.state === "active");
    if (active.length === AGENTS.length && narrator.leader() !== undefined) {
      return new Map(active.map((it) => [it.machineId, it.labels["name"] ?? it.hostname]));
    }
    await clock.sleep(LOOK_EVERY_MS, interrupted);
  }
  return undefined;
}

function giveUp({ say }: DemoParts, interrupted: AbortSignal): ExitCode {
  say(
    interrupted.aborted
      ? "Interrupted; cleaning up."
      : `The agents did not form a fleet within ${JOIN_MS_MAX / 1000} s.`,
  );
  return EXIT.failed;
}

async function stopAgents(agents: Map<string, DemoAgent>): Promise<readonly (number | string)[]> {
  const running = [...agents.values()];
  agents.clear();
  for (const agent of running) agent.kill("SIGTERM");
  return Promise.all(running.map((it) => it.exited));
}

function conclude(
  say: (line: string) => void,
  summary: Summary,
  records: readonly RunRecord[],
  deliveries: number,
  exits: readonly (number | string)[],
): ExitCode {
  say("");
  say("What became of each due occurrence:");
  for (const line of summary.lines) say(`  ${line}`);
  const violations = [
    ...summary.violations,
    ...exits.filter((it) => it !== 0).map((it) => `an agent ended with ${it} when it was asked to stop`),
  ];
  const count = (status: RunStatus) => records.filter((it) => it.status === status).length;
  say("");
  say(
    `${records.length} occurrences: ${count("ok")} ok, ${count("error")} failed as they must, ${count("missed")} missed, ${count("skipped")} skipped; ${deliveries} requests arrived.`,
  );
  for (const violation of violations) say(`VIOLATED  ${violation}`);
  if (violations.length > 0) return EXIT.failed;
  say(
    "Held: each due occurrence ran exactly once, no attempt arrived twice, and the death of the leader lost nothing.",
  );
  return EXIT.ok;
}

function nextMinute(now: EpochMs): EpochMs {
  // Not the very next one when it is a moment away: every agent should have read the jobs before it.
  const margin = 4 * SECOND_MS;
  return (Math.ceil((now + margin) / MINUTE_MS) * MINUTE_MS) as EpochMs;
}

function clockText(at: EpochMs): string {
  return new Date(at).toISOString().slice(11, 19);
}
