import { jobDocumentOf } from "../../src/adapters/mongo/job-content.ts";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { LeaseTiming } from "../../src/model/member.ts";
import { parseJob } from "../../src/schema/job.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import type { World } from "../support/fleet-world/world.ts";
import type { Calendar } from "./calendar.ts";
import type { Calm } from "./calm.ts";
import { createCursorRules } from "./cursor-rules.ts";
import { createLives, type Lives } from "./lives.ts";
import { createRunRules, type RunRecord, type RunRules } from "./run-rules.ts";
import type { SimJob } from "./scenario.ts";
import { createTimeRules } from "./time-rules.ts";
import type { Timeline } from "./timeline.ts";
import { createVerdict, type Violation } from "./verdict.ts";

/** What the checker must know of a job beside its document. */
export interface JobFacts {
  readonly retries: number;
  readonly overlap: SimJob["overlap"];
  readonly runOn: SimJob["runOn"];
}

/** Watches a world: every effect on the database, every arrival, every job written; and judges at once. */
export interface History {
  readonly violations: readonly Violation[];
  readonly lives: Lives;
  readonly runs: RunRules;
  /** How many effects and arrivals were judged. */
  readonly judged: number;
  /** Starts the machine's agent, watched. */
  start(machine: Machine): void;
  /** The agent that this machine had is dead. */
  died(machine: Machine): void;
  jobWritten(job: string, calendar: Calendar | undefined): void;
  /** Looks whether everything has happened that must have by now. */
  checkTimes(): void;
}

export interface HistoryDeps {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly timing: LeaseTiming;
  readonly calm: Calm;
  /** Undisturbed by what happens to machines that do not lead. */
  readonly led: Calm;
  readonly timeline: Timeline;
  readonly factsOf: (job: string) => JobFacts;
  readonly isPlaceShared: () => boolean;
}

export function createHistory(deps: HistoryDeps): History {
  const { world, machines, timing, calm, led, timeline, factsOf } = deps;
  const { state } = world;
  const now = () => world.now();
  const verdict = createVerdict(now, (it) => timeline.add("JUDGE", `${it.promise} IS BROKEN: ${it.what}`));
  const lives = createLives(now, timing, verdict);
  const runs = createRunRules({
    now,
    lives,
    verdict,
    retriesOf: (job) => factsOf(job).retries,
    overlapsAllowed: (job) => factsOf(job).overlap === "allow",
    isPlaceShared: deps.isPlaceShared,
  });
  const cursors = createCursorRules({ now, verdict });
  const upSince = new Map<string, number>();
  let headlessAt: number | undefined;
  const times = createTimeRules({
    now,
    serverNow: () => world.serverNow(),
    calmMs: () => calm.lastsMs(),
    ledMs: () => led.lastsMs(),
    isSwept: (job) => factsOf(job).runOn === "any",
    waitsForOthers: (run) => isInQueue(run),
    timing,
    lives,
    runs,
    cursors,
    verdict,
    upSince: (machine) => upSince.get(machine),
    headlessAt: () => headlessAt,
  });
  let judged = 0;
  let actor = "";
  let operation = "";

  world.acting = (life, what, act) => {
    actor = life;
    operation = what;
    return act();
  };
  watch(state.serials, (before, after) => {
    judged++;
    lives.onSerial(actor, operation, before, after);
    if (before?.session !== after.session)
      timeline.add(actor, operation, { serial: after.serial, session: after.session?.slice(0, 8) ?? "free" });
  });
  watch(state.runs, (before, after) => {
    judged++;
    if (before === undefined) cursors.onRecord(after);
    runs.onRecord(actor, operation, before, after);
    timeline.add(actor, operation, {
      run: after.id,
      status: after.status,
      ...("session" in after ? { token: after.token, seq: after.seq, steps: after.steps.map(stepInShort).join() } : {}),
    });
  });
  watch(state.cursors, (before, after, key) => {
    judged++;
    cursors.onCursor(key, before, after);
    timeline.add(actor, operation, { cursor: key, to: new Date(after.plannedTo).toISOString().slice(11, 19) });
  });
  world.target.onArrival = (arrival) => {
    judged++;
    timeline.add(arrival.life, "sends", { run: arrival.run, step: arrival.step, attempt: arrival.attempt });
    runs.onArrival(arrival, state.runs.get(arrival.run));
  };
  world.onLog = ({ machine, level, message, facts }) => {
    if (level !== "debug") timeline.add(machine, `says: ${message}`, facts["err"] ?? facts);
  };

  function isInQueue({ job, scope, scheduledFor }: RunRecord): boolean {
    if (factsOf(job).overlap === "allow") return false;
    return [...runs.live.values()].some((it) => it.job === job && it.scope === scope && it.scheduledFor < scheduledFor);
  }

  /** The leader and both deputies: who leads by the database, and the two lowest serials beside it. */
  function noteHeadless(): void {
    const held = [...state.serials.values()].filter((it) => it.session !== null).sort((a, b) => a.serial - b.serial);
    const others = held.filter((it) => it.session !== state.leader.session).slice(0, 2);
    const watching = [state.leader.session, ...others.map((it) => it.session)];
    const isDead = (session: string | null) => session === null || lives.ownerOf(session)?.diedAt !== undefined;
    if (watching.every(isDead)) headlessAt = now();
  }

  function noteUp(): void {
    for (const it of machines) {
      const isUp = it.agent === "running" && !it.isPaused;
      if (!isUp) upSince.delete(it.name);
      else if (!upSince.has(it.name)) upSince.set(it.name, now());
      if (it.agent !== "running" && it.agent !== "off") lives.died(it.life);
    }
  }

  return {
    violations: verdict.violations,
    lives,
    runs,
    get judged() {
      return judged;
    },
    start(machine) {
      machine.start({
        adapt(stores, life) {
          lives.began(life, machine.name, machine.clock.rate);
          return {
            ...stores,
            serials: acknowledging(stores.serials, (sentAt) => lives.acknowledged(life, sentAt), now),
          };
        },
      });
    },
    died: (machine) => lives.died(machine.life),
    jobWritten(job, calendar) {
      const bytes = state.jobs.get(job);
      const revision = bytes === undefined ? "removed" : jobDocumentOf(bytes, parseJob).revision;
      cursors.jobWritten(job, { revision, calendar, writtenAt: now() });
    },
    checkTimes() {
      noteUp();
      noteHeadless();
      times.check();
    },
  };
}

/** Calls back before each value is put into the map. */
function watch<Key, Value>(
  map: Map<Key, Value>,
  onSet: (before: Value | undefined, after: Value, key: Key) => void,
): void {
  const set = map.set.bind(map);
  map.set = (key, after) => {
    onSet(map.get(key), after, key);
    return set(key, after);
  };
}

/** Notes when an agent sent the taking or renewal whose acknowledgement has reached it. */
function acknowledging(
  serials: FleetStores["serials"],
  note: (sentAt: number) => void,
  now: () => number,
): FleetStores["serials"] {
  async function noting<Answer>(ask: () => Promise<Answer>, isGiven: (answer: Answer) => boolean): Promise<Answer> {
    const sentAt = now();
    const answer = await ask();
    if (isGiven(answer)) note(sentAt);
    return answer;
  }
  return new Proxy(serials, {
    get(target, property, receiver) {
      const store = Reflect.get(target, property, receiver) as unknown;
      switch (property) {
        case "take":
          return (...args: Parameters<typeof target.take>) =>
            noting(
              () => target.take(...args),
              (it) => it.outcome === "taken",
            );
        case "replace":
          return (...args: Parameters<typeof target.replace>) =>
            noting(
              () => target.replace(...args),
              (it) => it !== undefined,
            );
        case "renew":
          return (...args: Parameters<typeof target.renew>) =>
            noting(
              () => target.renew(...args),
              (it) => it.outcome === "renewed",
            );
        default:
          return store;
      }
    },
  });
}

function stepInShort({ status, attempts }: { readonly status: string; readonly attempts: number }): string {
  return `${status}/${attempts}`;
}
