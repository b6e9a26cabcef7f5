import { type LeaseTiming, leaseTiming } from "../../src/model/member.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/model/time.ts";
import type { Chance } from "../../src/ports/chance.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { type Calendar, KOLKATA_AHEAD_MS } from "./calendar.ts";

/** A job of the simulation: what never changes about it, and with what it begins. */
export interface SimJob {
  readonly id: string;
  readonly retries: number;
  readonly overlap: "skip" | "queue" | "replace" | "allow";
  readonly runOn: "leader" | "all" | "any";
  readonly shape: Shape;
  /** Requests of a run, or of an item; each has a path of its own. */
  readonly steps: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly calendar: Calendar;
  /** How its target behaves. */
  readonly target: "quick" | "slow" | "hanging" | "failing";
}

/** What the chain of a job is made of, beside requests one after the other. */
type Shape = "plain" | "items" | "sleep" | "poll";

const TROUBLES = [
  "lost requests",
  "lost replies",
  "late writes",
  "refusals",
  "slow database",
  "database away",
  "cut machine",
  "crash",
  "crash after an effect",
  "pause",
  "pause with a clock set back",
  "wall clock jump",
  "server clock jump",
  "late timers",
  "clean stop",
  "reboot",
  "shared place",
  "slow connections",
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Everything that is drawn before the story begins. */
export interface Scenario {
  readonly timing: LeaseTiming;
  readonly machines: readonly { readonly name: string; readonly skewMs: number; readonly rate: number }[];
  readonly jobs: readonly SimJob[];
  readonly troubles: ReadonlySet<Trouble>;
  /** Operations that go wrong much more often than others. */
  readonly sore: ReadonlySet<string>;
  /** How long an agent waits for an answer. */
  readonly patienceMs: number;
  /** Mean time between two faults in a rough stretch. */
  readonly faultEveryMs: number;
  readonly lastsMs: number;
  /** The longest calm between two rough stretches. */
  readonly calmMsMax: number;
}

/** Lease timings by how often they are drawn: slow ones cost less per hour, quick ones try more. */
const TIMINGS = [
  leaseTiming(3_000, 12_000, 3_000),
  leaseTiming(1_000, 6_000, 2_000),
  leaseTiming(10_000, 40_000, 8_000),
  leaseTiming(15_000, 60_000, 15_000),
  leaseTiming(30_000, 120_000, 30_000),
];

const SORE_OPERATIONS = [
  "serials.renew",
  "serials.renew",
  "serials.reap",
  "serials.reap",
  "serials.take",
  "claims.insert",
  "runs.write",
  "runs.write",
  "fleetCursors.move",
  "machineCursors.move",
  "takeovers.reassign",
  "takeovers.adopt",
  "leaders.move",
] as const;

/** Troubles that do harm only together; left to chance they would seldom meet. */
const THEMES: readonly {
  readonly sore: (typeof SORE_OPERATIONS)[number];
  readonly troubles: readonly Trouble[];
  readonly timing: LeaseTiming;
}[] = [
  {
    sore: "serials.reap",
    troubles: ["late writes", "server clock jump", "pause", "cut machine"],
    timing: leaseTiming(3_000, 12_000, 3_000),
  },
  { sore: "runs.write", troubles: ["late writes", "lost requests"], timing: leaseTiming(10_000, 40_000, 8_000) },
];

export function drawScenario(chance: Chance): Scenario {
  const theme = chance.fraction() < 0.25 ? pick(chance, THEMES) : undefined;
  const timing = theme?.timing ?? pick(chance, TIMINGS);
  const machines = Array.from({ length: between(chance, 2, 5) }, (_, index) => ({
    name: String.fromCharCode("a".charCodeAt(0) + index),
    skewMs: between(chance, -300, 300) * SECOND_MS,
    rate: 1 + between(chance, -50, 50) / 1_000,
  }));
  const jobs = Array.from({ length: between(chance, 3, 6) }, (_, index) => drawJob(chance, index));
  const drawn = TROUBLES.filter((it) => chance.fraction() < (it === "shared place" ? 0.08 : 0.55));
  const troubles = new Set([...drawn, ...(theme?.troubles ?? [])]);
  const soreOnes = chance.fraction() < 0.6 ? [pick(chance, SORE_OPERATIONS), pick(chance, SORE_OPERATIONS)] : [];
  const sore = new Set<string>(theme === undefined ? soreOnes : [theme.sore]);
  return {
    timing,
    machines,
    jobs,
    troubles,
    sore,
    patienceMs: pick(chance, [1, 2, 5]) * SECOND_MS,
    faultEveryMs: pick(chance, [3, 8, 20]) * SECOND_MS,
    lastsMs: between(chance, 60, 120) * MINUTE_MS * (timing.ttlMs > 30_000 ? 4 : 1),
    calmMsMax: (timing.ttlMs > 30_000 ? 25 : 6) * MINUTE_MS,
  };
}

function drawJob(chance: Chance, index: number): SimJob {
  const id = `job${index}`;
  const shape = pick(chance, ["plain", "plain", "items", "sleep", "poll"] as const);
  const steps = shape === "plain" ? pick(chance, [1, 1, 3]) : shape === "poll" ? 1 : 2;
  const retries = pick(chance, [0, 2, 2]);
  const overlap = pick(chance, ["skip", "skip", "queue", "replace", "allow"] as const);
  const runOn = pick(chance, ["leader", "leader", "any", "any", "all"] as const);
  const fields = {
    overlap,
    run_on: runOn,
    retry: { retries, delay_sec: 1 },
    catch_up: pick(chance, ["last", "last", "all", "none"]),
    on_agent_loss: chance.fraction() < 0.15 ? "fail" : "resume",
    ...(chance.fraction() < 0.4 ? { finally: [{ type: "http", url: `http://target.test/${id}/${LAST}` }] } : {}),
  };
  const target = index === 0 ? "hanging" : pick(chance, ["quick", "quick", "slow", "failing"] as const);
  return { id, retries, overlap, runOn, shape, steps, fields, calendar: drawCalendar(chance), target };
}

/** The path of the request that cleans up after a run. */
export const LAST = "last";
const ITEMS = ["a", "b", "c", "d", "e"];
/** Shorter than a run may stand still. */
const SLEEP_SEC = 12;

/** The actions of a job's document. */
export function actionsOf({ id, shape, steps }: SimJob): readonly Readonly<Record<string, unknown>>[] {
  const requests = Array.from({ length: steps }, (_, step) => ({
    type: "http",
    url: `http://target.test/${id}/${step}`,
  }));
  switch (shape) {
    case "plain":
      return requests;
    case "items":
      return [{ type: "for_each", in: ITEMS, concurrency: 2, actions: requests }];
    case "sleep":
      return [...requests.slice(0, 1), { type: "sleep", seconds: SLEEP_SEC }, ...requests.slice(1)];
    case "poll":
      return requests.map((it) => ({ ...it, until: { status: 200, every_sec: 5, timeout_sec: 40 } }));
  }
}

export function drawCalendar(chance: Chance): Calendar {
  const every = (step: number) => Array.from({ length: 60 / step }, (_, index) => index * step);
  const minutes = pick(chance, [
    every(1),
    every(1),
    every(2),
    every(5),
    [between(chance, 0, 29), between(chance, 30, 59)],
  ]);
  const from = between(chance, 0, 23);
  const hours = chance.fraction() < 0.85 ? "every" : Array.from({ length: 12 }, (_, index) => (from + index) % 24);
  return {
    minutes,
    hours: hours === "every" ? hours : [...hours].sort((a, b) => a - b),
    aheadOfUtcMs: chance.fraction() < 0.2 ? KOLKATA_AHEAD_MS : 0,
  };
}

export function pick<Item>(chance: Chance, items: readonly [Item, ...Item[]] | readonly Item[]): Item {
  const item = items[between(chance, 0, items.length - 1)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
