import { MINUTE_MS, SECOND_MS } from "../../src/model/time.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";
import { createCalm } from "./calm.ts";
import { createHistory, type History, type JobFacts } from "./history.ts";
import { createPeople, type People } from "./people.ts";
import { drawScenario, LAST, pick, type Scenario, type SimJob } from "./scenario.ts";
import { createTimeline } from "./timeline.ts";
import { createTroubles, type Troubles } from "./troubles.ts";
import type { Violation } from "./verdict.ts";

/** How finely the simulation looks at the clock between what happens by itself. */
const LOOK_EVERY_MS = SECOND_MS;

const NO_JOB: JobFacts = { retries: 0, overlap: "allow", runOn: "leader" };

/** What became of one seed. */
export interface Played {
  readonly seed: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly sends: number;
  readonly judged: number;
  readonly violations: readonly Violation[];
  /** What the scenario was, in short. */
  readonly scenario: string;
  /** Lines before the end, for people. */
  readonly timeline: string;
}

interface Stage {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly scenario: Scenario;
  readonly history: History;
  readonly troubles: Troubles;
  readonly people: People;
}

/** Plays one seed: the same seed gives the same story. Ends at the first broken promise. */
export async function play(seed: number, timelineLines: number): Promise<Played> {
  // The first draws of a small seed are alike; a spread one gives stories that differ from the start.
  const spread = Math.imul(seed, 0x9e3779b1) >>> 0;
  const { world, scenario } = setScene(spread);
  const timeline = createTimeline(() => world.now());
  const calm = createCalm(() => world.now());
  const led = createCalm(() => world.now());
  const machines = scenario.machines.map(({ name, skewMs, rate }) => world.machine(name, { skewMs, clockRate: rate }));
  const [first] = scenario.machines;
  const twin = world.machine("twin", { machineId: first?.name ?? "a", placeOf: first?.name ?? "a" });
  const jobs = new Map<string, SimJob>(scenario.jobs.map((it) => [it.id, it]));
  let troubles: Troubles | undefined;
  const history = createHistory({
    world,
    machines,
    timing: scenario.timing,
    calm,
    led,
    timeline,
    factsOf: (id) => jobs.get(id) ?? NO_JOB,
    isPlaceShared: () => troubles?.isPlaceShared ?? false,
  });
  troubles = createTroubles({ world, scenario, machines, twin, history, calm, led, timeline });
  const people = createPeople({
    world,
    jobs: scenario.jobs,
    machines: scenario.machines.map((it) => it.name),
    history,
    timeline,
  });
  const startedAt = world.now();
  await perform({ world, machines, scenario, history, troubles, people });
  return {
    seed,
    virtualMs: world.now() - startedAt,
    faults: Object.fromEntries(troubles.counts),
    runs: world.state.runs.size,
    sends: world.target.arrivals.length,
    judged: history.judged,
    violations: history.violations,
    scenario: describe(scenario),
    timeline: timelineLines === 0 ? "" : timeline.print(timelineLines),
  };
}

function setScene(seed: number): { readonly world: World; readonly scenario: Scenario } {
  const draft = createWorld({ seed });
  const scenario = drawScenario(draft.chance);
  const world = createWorld({ seed: seed + 1, lease: scenario.timing });
  for (const { id, shape, steps, target } of scenario.jobs) {
    world.target.on(`/${id}/${LAST}`, () => {
      return { status: world.chance.fraction() < 0.1 ? 500 : 200, afterMs: between(world.chance, 0, 200) };
    });
    for (let step = 0; step < steps; step++) {
      world.target.on(`/${id}/${step}`, () => {
        const draw = world.chance.fraction();
        if (shape === "poll" && draw > 0.5) return { status: 202 };
        switch (target) {
          case "hanging":
            return "hangs";
          case "slow":
            return { afterMs: between(world.chance, 0, 9_000) };
          case "failing":
            return { status: draw < 0.3 ? 503 : 200, afterMs: between(world.chance, 0, 400) };
          case "quick":
            return { status: draw < 0.05 ? 500 : 200, afterMs: between(world.chance, 0, 50) };
        }
      });
    }
  }
  return { world, scenario };
}

/** Rough stretches and calm ones by turns; in some calm ones a single agent is killed, and people go on editing. */
async function perform(stage: Stage): Promise<void> {
  const { world, scenario, history, troubles, people } = stage;
  const { chance } = world;
  troubles.mendAll();
  await pass(stage, scenario.timing.ttlMs, 0, 0);
  people.writeAll();
  const until = world.now() + scenario.lastsMs;
  while (world.now() < until && history.violations.length === 0) {
    troubles.beginRough();
    await pass(stage, between(chance, 1, 12) * MINUTE_MS, scenario.faultEveryMs, 40 * SECOND_MS);
    troubles.endRough();
    if (history.violations.length > 0) return;
    troubles.mendAll();
    const settleMs = 4 * scenario.timing.ttlMs + 70 * SECOND_MS;
    await pass(stage, settleMs + between(chance, 0, scenario.calmMsMax), 0, 60 * SECOND_MS);
    if (chance.fraction() < 0.5) await killInCalm(stage);
  }
}

async function killInCalm(stage: Stage): Promise<void> {
  const { scenario, world, troubles, history } = stage;
  const [run] = history.runs.live.values();
  const owner = run && history.lives.ownerOf(run.session)?.machine;
  const others = scenario.machines.map((it) => it.name).filter((it) => it !== world.leader());
  const chosen = owner !== undefined && world.chance.fraction() < 0.5 ? owner : pick(world.chance, others);
  const machine = stage.machines.find((it) => it.name === chosen);
  if (machine !== undefined) troubles.kill(machine);
  await pass(stage, 4 * scenario.timing.ttlMs, 0, 0);
}

/** Lets time pass, with a fault and an act of people every so often; 0 is never. */
async function pass(stage: Stage, forMs: number, faultEveryMs: number, actEveryMs: number): Promise<void> {
  const { world, history, troubles, people } = stage;
  const { chance } = world;
  const until = world.now() + forMs;
  while (world.now() < until && history.violations.length === 0) {
    await world.pass(LOOK_EVERY_MS);
    troubles.attend();
    history.checkTimes();
    if (faultEveryMs > 0 && chance.fraction() < LOOK_EVERY_MS / faultEveryMs) troubles.strike();
    if (actEveryMs > 0 && chance.fraction() < LOOK_EVERY_MS / actEveryMs) people.act();
  }
}

function describe({ timing, machines, jobs, troubles, sore, patienceMs }: Scenario): string {
  const seconds = (ms: number) => `${ms / SECOND_MS} s`;
  const lines = [
    `${machines.length} machines, heartbeat ${seconds(timing.heartbeatMs)}, ttl ${seconds(timing.ttlMs)}, patience ${seconds(patienceMs)}`,
    ...machines.map((it) => `  ${it.name}: clock ${seconds(it.skewMs)} ahead, rate ${it.rate}`),
    ...jobs.map(
      (it) => `  ${it.id}: ${it.shape}, ${it.steps} steps, ${it.target} target, ${JSON.stringify(it.fields)}`,
    ),
    `troubles: ${[...troubles].join(", ")}${sore.size > 0 ? `; sore: ${[...sore].join(", ")}` : ""}`,
  ];
  return lines.join("\n");
}
