import type { Machine } from "../support/fleet-world/machine.ts";
import type { Fate } from "../support/fleet-world/network.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import type { World } from "../support/fleet-world/world.ts";
import type { Calm } from "./calm.ts";
import type { History } from "./history.ts";
import { pick, type Scenario, type Trouble } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** Breaks things, and mends them again. */
export interface Troubles {
  /** From now on requests, answers and timers go wrong by chance. */
  beginRough(): void;
  endRough(): void;
  /** One fault of a kind that this scenario has. */
  strike(): void;
  /** kill -9 in calm. */
  kill(machine: Machine): void;
  /** Mends and ends whatever is wrong, and starts every machine that is down. */
  mendAll(): void;
  /** Called often: starts what has been down for its time, resumes, mends. */
  attend(): void;
  /** How often each kind was done. */
  readonly counts: ReadonlyMap<string, number>;
  readonly isPlaceShared: boolean;
}

export interface TroublesDeps {
  readonly world: World;
  readonly scenario: Scenario;
  readonly machines: readonly Machine[];
  /** Another machine with the id and the place of the first. */
  readonly twin: Machine;
  readonly history: History;
  readonly calm: Calm;
  readonly led: Calm;
  readonly timeline: Timeline;
}

interface Due {
  readonly at: number;
  readonly what: () => void;
}

export function createTroubles(deps: TroublesDeps): Troubles {
  const { world, scenario, machines, twin, history, calm, led, timeline } = deps;
  const { chance, target } = world;
  const { troubles, sore, timing } = scenario;
  const counts = new Map<string, number>();
  const all = [...machines, twin];
  /** Those that will be started again by plan. */
  const awaited = new Set<Machine>();
  let later: Due[] = [];
  let isRough = false;
  let isPlaceShared = false;
  let serverAheadMs = 0;
  let armed: Machine | undefined;
  let stops: { readonly machine: Machine; readonly trouble: Trouble; effectsLeft: number } | undefined;

  function count(trouble: string, who: string, detail?: unknown): void {
    counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
    timeline.add("FAULT", `${trouble}: ${who}`, detail);
  }

  function lasting(trouble: string, forMs: number, end: () => void): void {
    calm.begin(trouble);
    const at = world.now() + forMs;
    later.push({
      at,
      what() {
        end();
        calm.end(trouble);
        timeline.add("FAULT", `${trouble} ends`);
      },
    });
  }

  function start(machine: Machine): void {
    if (machine.agent === "running") return;
    timeline.add("FAULT", `start ${machine.name}`);
    calm.disturb();
    history.start(machine);
  }

  function crash(machine: Machine, trouble: string): void {
    if (machine.agent !== "running") return;
    count(trouble, machine.life);
    const didLead = world.leader() === machine.name;
    machine.crash();
    history.died(machine);
    calm.disturb();
    if (didLead) led.disturb();
    if (machine === twin) return;
    if (chance.fraction() < 0.2 && troubles.has("reboot")) reboot(machine);
    startLater(machine, `${machine.name} is down`, between(chance, 500, 90_000));
  }

  function startLater(machine: Machine, trouble: string, afterMs: number): void {
    awaited.add(machine);
    lasting(trouble, afterMs, () => {
      awaited.delete(machine);
      start(machine);
    });
  }

  function reboot(machine: Machine): void {
    count("reboot", machine.name);
    machine.reboot();
  }

  function fateOf(operation: string): Fate {
    if (!isRough) return "answered";
    const often = sore.has(operation) ? (operation === "serials.reap" ? 40 : 15) : 1;
    const draw = chance.fraction() / often;
    const chances: readonly (readonly [Trouble, Fate, number])[] = [
      ["lost requests", "request lost", 0.004],
      ["lost replies", "reply lost", 0.008],
      ["late writes", "late", 0.012],
      ["refusals", "refused", 0.0005],
    ];
    let floor = 0;
    for (const [trouble, fate, share] of chances) {
      if (troubles.has(trouble) && draw >= floor && draw < floor + share) {
        count(trouble, operation);
        return fate;
      }
      floor += share;
    }
    return "answered";
  }

  /** The server's clock may leap just before a late operation arrives; whom a late reap is about may be well again. */
  function lateMs(operation: string): number {
    const ms = between(chance, 0, 4 * timing.ttlMs);
    if (!operation.startsWith("serials.") || !troubles.has("server clock jump") || chance.fraction() < 0.3) return ms;
    const at = world.now() + scenario.patienceMs + ms - between(chance, 500, timing.heartbeatMs);
    const sign = serverAheadMs > 0 ? -1 : 1;
    later.push({ at, what: () => leapServer(sign * (timing.ttlMs + between(chance, 0, timing.ttlMs))) });
    if (operation === "serials.reap") later.push({ at: world.now(), what: wakeAll });
    return ms;
  }

  function wakeAll(): void {
    for (const it of machines) {
      it.network.mend();
      it.resume();
    }
  }

  for (const it of all) {
    const { network } = it;
    network.patienceMs = scenario.patienceMs;
    network.decide = fateOf;
    network.latencyMs = () => between(chance, 1, 12);
    network.replyMs = () => (isRough ? between(chance, 0, 12) : 0);
    network.lateMs = lateMs;
    network.onEffect = (operation) => {
      if (armed === it) {
        armed = undefined;
        crash(it, "crash after an effect");
      } else if (stops?.machine === it) pauseAtWorst(it, operation);
    };
    it.clock.lateByMs = () =>
      isRough && troubles.has("late timers") && chance.fraction() < 0.02 ? between(chance, 0, timing.ttlMs / 2) : 0;
  }
  target.connectMs = () => {
    if (!isRough || !troubles.has("slow connections")) return 0;
    return chance.fraction() < 0.3 ? between(chance, 100, 8_000) : 0;
  };

  /** Often just as long as it takes until others act on it. */
  function silenceMs(): number {
    const { ttlMs, scanMs } = timing;
    if (chance.fraction() < 0.5) return between(chance, 200, 3 * ttlMs);
    return between(chance, ttlMs - scanMs, ttlMs + 4 * scanMs);
  }

  /** Stopped before the answer to a renewal comes, while a request waits for its connection; or at any answer at last. */
  function pauseAtWorst(machine: Machine, operation: string): void {
    if (stops === undefined) return;
    stops.effectsLeft--;
    const isAboutToSend = [...history.runs.live.values()].some(
      (it) => !it.hasArrived && history.lives.ownerOf(it.session)?.name === machine.life,
    );
    if (stops.effectsLeft > 0 && !(operation === "serials.renew" && isAboutToSend)) return;
    const { trouble } = stops;
    stops = undefined;
    pause(machine, trouble);
  }

  function pause(machine: Machine, trouble: Trouble): void {
    if (machine.agent !== "running" || machine.isPaused) return;
    const forMs = silenceMs();
    count(trouble, machine.life, { forMs });
    machine.pause();
    const life = machine.life;
    if (trouble === "pause with a clock set back") machine.clock.jump(-forMs - between(chance, 0, 5_000));
    lasting(`${machine.name} is paused`, forMs, () => {
      if (machine.life === life) machine.resume();
    });
  }

  function leapServer(byMs: number): void {
    // Agents doubt leaps of more than a minute and keep their own pace from then on.
    if (!isRough || Math.abs(serverAheadMs + byMs) > 29_000) return;
    count("server clock jump", `${byMs} ms`);
    serverAheadMs += byMs;
    world.leapServerClock(byMs);
    lasting("server clock jump", Math.abs(byMs) + 5_000, () => {});
  }

  function awayDatabase(): void {
    const forMs = between(chance, 2_000, 8 * timing.ttlMs + 60_000);
    count("database away", "all machines", { forMs });
    for (const it of all) it.network.cut();
    lasting("database away", forMs, () => {
      for (const it of all) it.network.mend();
    });
  }

  function slowDatabase(): void {
    const upToMs = pick(chance, [300, 1_500, 4_000]);
    count("slow database", `up to ${upToMs} ms`);
    for (const { network } of all) {
      network.latencyMs = () => between(chance, 1, upToMs / 2);
      network.replyMs = () => between(chance, 1, upToMs / 2);
    }
    lasting("slow database", between(chance, 5_000, 60_000), () => {
      for (const { network } of all) {
        network.latencyMs = () => between(chance, 1, 12);
        network.replyMs = () => (isRough ? between(chance, 0, 12) : 0);
      }
    });
  }

  function sharePlace(): void {
    if (isPlaceShared) return;
    isPlaceShared = true;
    count("shared place", `${twin.name} as ${machines[0]?.name}`);
    if (twin.agent !== "running") history.start(twin);
    lasting("shared place", between(chance, 10_000, 120_000), () => {
      twin.crash();
      history.died(twin);
    });
  }

  function strikeWith(trouble: Trouble, machine: Machine): void {
    switch (trouble) {
      case "crash":
        return crash(machine, trouble);
      case "crash after an effect":
        armed = machine;
        return;
      case "pause":
      case "pause with a clock set back":
        if (chance.fraction() < 0.3) return pause(machine, trouble);
        stops = { machine, trouble, effectsLeft: 400 };
        return;
      case "cut machine":
        count(trouble, machine.name);
        machine.network.cut();
        return lasting(`${machine.name} is cut off`, silenceMs(), () => machine.network.mend());
      case "wall clock jump":
        count(trouble, machine.name);
        machine.clock.jump(between(chance, -600_000, 600_000));
        return calm.disturb();
      case "server clock jump":
        return leapServer(between(chance, -3 * timing.ttlMs, 3 * timing.ttlMs));
      case "database away":
        return chance.fraction() < 0.3 ? awayDatabase() : undefined;
      case "slow database":
        return slowDatabase();
      case "clean stop":
        if (machine.agent !== "running") return;
        count(trouble, machine.life);
        machine.requestStop();
        return startLater(machine, `${machine.name} is stopped`, between(chance, 20_000, 90_000));
      case "shared place":
        return sharePlace();
      case "reboot":
        return crash(machine, "crash");
      case "lost requests":
      case "lost replies":
      case "late writes":
      case "refusals":
      case "late timers":
      case "slow connections":
        return;
    }
  }

  /** Whoever ended without being started again by plan, as an agent that was asked to stop while it was paused. */
  function startTheEnded(): void {
    for (const it of machines) {
      const isDown = it.agent !== "running" && it.agent !== "off" && !awaited.has(it);
      if (isDown) startLater(it, `${it.name} is ended`, between(chance, 500, 5_000));
    }
  }

  function attend(): void {
    startTheEnded();
    const ripe = later.filter((it) => it.at <= world.now());
    if (ripe.length === 0) return;
    later = later.filter((it) => it.at > world.now());
    for (const it of ripe) it.what();
  }

  return {
    counts,
    get isPlaceShared() {
      return isPlaceShared;
    },
    beginRough() {
      isRough = true;
      calm.begin("rough");
      led.begin("rough");
      timeline.add("FAULT", "a rough stretch begins");
    },
    endRough() {
      isRough = false;
      armed = undefined;
      stops = undefined;
      calm.end("rough");
      led.end("rough");
      timeline.add("FAULT", "the rough stretch ends");
    },
    strike: () => strikeWith(pick(chance, [...troubles]), pick(chance, machines)),
    kill: (machine) => crash(machine, "crash in calm"),
    mendAll() {
      const rest = later;
      later = [];
      for (const it of rest) it.what();
      for (const it of machines) start(it);
    },
    attend,
  };
}
