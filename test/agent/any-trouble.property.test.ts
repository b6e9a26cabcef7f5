import { expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../src/model/time.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import type { Fate } from "../support/fleet-world/network.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

/** Others, or more of them: `FLEET_SEEDS=1-200 npx vitest run test/agent/any-trouble`. */
const [firstSeed = 1, lastSeed = firstSeed] = (process.env["FLEET_SEEDS"] ?? "1-6").split("-").map(Number);
const SEEDS = Array.from({ length: lastSeed - firstSeed + 1 }, (_, index) => firstSeed + index);

const get = (path: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: "http",
  url: `http://target.test${path}`,
  ...fields,
});

const RETRIES = 2;
const JOBS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  minutely: {},
  chain: {
    schedule: "*/2 * * * *",
    actions: ["/one", "/two", "/three"].map((path) => ({ type: "http", url: `http://target.test${path}` })),
  },
  all: { run_on: "all", schedule: "*/3 * * * *" },
  everything: { catch_up: "all", overlap: "allow" },
  never: { catch_up: "none", schedule: "*/5 * * * *" },
  once: { retry: { retries: 0 }, schedule: "*/2 * * * *" },
  spread: { run_on: "any" },
  spreadToo: { run_on: "any", catch_up: "all", overlap: "allow", schedule: "*/2 * * * *" },
  placed: { where: { hostnames: ["b.*", "c.*"] } },
  placedAny: { run_on: "any", where: { hostnames: ["c.*", "d.*"] }, schedule: "*/2 * * * *" },
  queued: { overlap: "queue" },
  replaced: { overlap: "replace", catch_up: "all" },
  jittered: { overlap: "queue", jitter_sec: 40, run_on: "all" },
  each: {
    schedule: "*/3 * * * *",
    actions: [
      {
        type: "for_each",
        in: ["p", "q", "r", "s"],
        concurrency: 2,
        actions: ["first", "second"].map((name) => get(`/each-${name}/{{vars.item}}`)),
        continue_on_failure: true,
      },
      get("/each-end"),
    ],
    finally: [get("/each-tidy")],
  },
  polled: {
    schedule: "*/2 * * * *",
    actions: [get("/polled", { until: { status: 200, every_sec: 5, timeout_sec: 60 } })],
  },
  slept: {
    schedule: "*/2 * * * *",
    actions: [get("/slept-before"), { type: "sleep", seconds: 25 }, get("/slept-after")],
  },
  called: { schedule: "*/4 * * * *", actions: [{ type: "job", job: "slept" }, get("/called-end")] },
};

const PATHS = [
  ...Object.keys(JOBS).map((job) => `/${job}`),
  "/one",
  "/two",
  "/three",
  "/each-end",
  "/each-tidy",
  "/slept-before",
  "/slept-after",
  "/called-end",
  ...["p", "q", "r", "s"].flatMap((it) => [`/each-first/${it}`, `/each-second/${it}`]),
];

/** Sometimes longer under way than the minute until their next occurrence. */
const SLOW = ["/queued", "/replaced", "/jittered"];

/** Checks whenever something is sent that no second run of its job goes beside it, unless the job allows that. */
function watchOverlaps({ state, target }: World): readonly string[] {
  const broken: string[] = [];
  const before = target.onArrival;
  target.onArrival = (arrival) => {
    before(arrival);
    const own = state.runs.get(arrival.run);
    if (own === undefined || JOBS[own.jobId]?.["overlap"] === "allow") return;
    const beside = state.runs
      .live()
      .filter((it) => it.jobId === own.jobId && it.scope === own.scope && it.status === "running");
    if (beside.length > 1) broken.push(`${beside.map((it) => it.id).join(" beside ")}`);
  };
  return broken;
}

/** A bad hour: crashes, pauses, reboots, cuts, lost answers, late writes, wrong clocks, slow and failing targets. */
async function badHour(world: World): Promise<readonly Machine[]> {
  const { chance } = world;
  const machines = ["a", "b", "c", "d"].map((name) =>
    world.machine(name, { skewMs: between(chance, -300_000, 300_000) }),
  );
  for (const it of machines) {
    it.network.decide = () => fateFor(chance.fraction());
    it.network.latencyMs = () => between(chance, 0, 20);
    it.network.lateMs = () => between(chance, 0, 40_000);
    // Killed at the worst moment: what was asked for has happened, and nobody heard of it.
    it.network.onEffect = () => {
      if (it.agent === "running" && chance.fraction() < 0.0003) it.crash();
    };
    it.start();
  }
  for (const path of PATHS)
    world.target.on(path, () => {
      const draw = chance.fraction();
      if (draw < 0.03) return "hangs";
      const afterMsMax = SLOW.includes(path) && draw > 0.7 ? 100_000 : 6_000;
      const good = path === "/polled" && draw < 0.6 ? 202 : 200;
      return { status: draw < 0.15 ? 500 : good, afterMs: between(chance, 0, afterMsMax) };
    });
  await world.pass(30_000);
  for (const [id, fields] of Object.entries(JOBS))
    world.putJob(id, {
      retry: { retries: RETRIES, delay_sec: 1 },
      timeout_sec: SLOW.includes(`/${id}`) ? 120 : 10,
      ...fields,
    });
  const until = world.now() + HOUR_MS;
  while (world.now() < until) {
    await world.pass(between(chance, 1_000, 40_000));
    const machine = machines[between(chance, 0, machines.length - 1)];
    if (machine !== undefined) disturb(world, machine);
  }
  return machines;
}

function fateFor(draw: number): Fate {
  if (draw < 0.01) return "reply lost";
  if (draw < 0.02) return "request lost";
  return draw < 0.025 ? "late" : "answered";
}

function disturb({ chance }: World, machine: Machine): void {
  const draw = chance.fraction();
  if (machine.agent !== "running") {
    if (draw < 0.3) machine.reboot();
    return machine.start();
  }
  if (draw < 0.25) machine.crash();
  else if (draw < 0.4) machine.pause();
  else if (draw < 0.6) machine.resume();
  else if (draw < 0.7) machine.network.cut();
  else if (draw < 0.85) machine.network.mend();
  else if (draw < 0.92) machine.requestStop();
  else machine.clock.jump(between(chance, -600_000, 600_000));
}

async function recover(machines: readonly Machine[], world: World): Promise<void> {
  for (const it of machines) {
    it.network.mend();
    it.network.decide = () => "answered";
    it.network.onEffect = () => {};
    it.resume();
  }
  await world.pass(20_000);
  for (const it of machines) if (it.agent !== "running") it.start();
  for (const path of new Set(world.target.arrivals.map((it) => it.path))) world.target.on(path, () => ({}));
  await world.pass(3 * MINUTE_MS);
}

/** Minutes since 1970 of which a job has a record in a scope, stretches of misses included; a minute twice is twice in it. */
function recordedMinutes(world: World, job: string, scope: string | undefined): number[] {
  const minutes: number[] = [];
  for (const record of world.recordsOf(job)) {
    if (record.scope !== scope) continue;
    const last = "stretch" in record ? (record.stretch?.last ?? record.scheduledFor) : record.scheduledFor;
    for (let at: number = record.scheduledFor; at <= last; at += stepMsOf(job)) minutes.push(at / MINUTE_MS);
  }
  return minutes;
}

function stepMsOf(job: string): number {
  const schedule = JOBS[job]?.["schedule"];
  const every = typeof schedule === "string" ? Number(/^\*\/(\d+)/.exec(schedule)?.[1] ?? 1) : 1;
  return every * MINUTE_MS;
}

test.each(SEEDS)(
  "after any bad hour each due minute has one record, and nothing was sent twice (seed %i)",
  async (seed) => {
    const world = createWorld({ seed });
    const brokenRules = watchSends(world);
    const overlaps = watchOverlaps(world);
    const machines = await badHour(world);
    await recover(machines, world);

    expect(brokenRules, `seed ${seed}`).toEqual([]);
    expect(overlaps, `seed ${seed}`).toEqual([]);
    for (const [job, fields] of Object.entries(JOBS)) {
      const scopes = fields["run_on"] === "all" ? machines.map((it) => it.name) : [undefined];
      for (const scope of scopes) {
        const minutes = recordedMinutes(world, job, scope);
        const [first = 0] = minutes;
        const step = stepMsOf(job) / MINUTE_MS;
        const last = Math.floor((world.now() - 5_000) / MINUTE_MS / step) * step;
        const due = Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
        expect(minutes, `seed ${seed}, ${job} ${scope ?? "fleet"}`).toEqual(due);
        expect(minutes.length * step, `seed ${seed}: ${job} ran all the time`).toBeGreaterThan(45);
      }
    }
    const retriesOf = (job: string) => (job === "once" ? 0 : RETRIES);
    const sends = new Map<string, number>();
    for (const it of world.target.arrivals) {
      const step = `${it.run}, step ${it.step}, poll ${it.poll}`;
      sends.set(step, (sends.get(step) ?? 0) + 1);
      expect(sends.get(step), `seed ${seed}: ${step}`).toBeLessThanOrEqual(retriesOf(it.job) + 1);
    }
    const old = [...world.state.runs.values()].filter((it) => it.scheduledFor < world.now() - 2 * MINUTE_MS);
    const live = old.filter((it) => it.status === "running" || it.status === "waiting");
    expect(
      live.map((it) => it.id),
      `seed ${seed}`,
    ).toEqual([]);
  },
);
