import { decideLeadership, isLeaderAlive, watchesEverybody } from "../membership/leadership.ts";
import { isBeating, nothingWatched, observe, silentSessions, type Watch } from "../membership/watch.ts";
import type { Leader, Member, SerialSighting, SessionId } from "../model/member.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { FleetView, LeaderStore } from "../ports/leader-store.ts";
import type { Log } from "../ports/log.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import { leaderChanged, sessionReaped } from "./fleet-evidence.ts";
import type { Session } from "./session.ts";

export interface LeadershipDeps {
  readonly serials: SerialStore;
  readonly leaders: LeaderStore;
  readonly settings: FleetSettings;
  readonly session: Session;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
}

/** One session's part in keeping the fleet led: watching, reaping, leading. */
export interface Leadership {
  /** True while this session leads and is trusted. Two may believe it for a moment; that wastes work and breaks nothing. */
  isLeader(): boolean;
  /** The leader's session as it was last read, dead or alive, and the live members: as published, or as the leader saw them. */
  standing(): FleetStanding;
  /** One look at the others. @throws {StoreUnavailableError} */
  scan(): Promise<void>;
}

/** Who is there and who leads, as one member knows it: the grounds on which jobs are shared out. */
export interface FleetStanding {
  readonly leader: SessionId | null;
  /** The same list as before while nothing in it has changed. */
  readonly members: readonly Member[];
}

interface Reading {
  readonly held: readonly SerialSighting[];
  /** False when only the leader's serial was read. */
  readonly isWhole: boolean;
}

export function createLeadership(deps: LeadershipDeps): Leadership {
  const { serials, leaders, settings, session, clock, events, log } = deps;
  const timing = settings.lease;
  let leader: Leader | undefined;
  let watch: Watch = nothingWatched;
  let scansWithoutLeader = 0;
  let watchesAll = true;
  let viewVersion = -1;
  let lastView: FleetView | undefined;
  let members: readonly Member[] = [];

  const leads = () => leader?.session === session.lease.session && session.isTrusted();

  /** The leader, its deputies and whoever sees a change read every serial; the others the leader's alone. */
  async function readOthers(view: FleetView): Promise<Reading> {
    const leaderSerial = leader?.serial ?? null;
    if (!watchesAll && !leads() && view.version === viewVersion && leaderSerial !== null) {
      const only = await serials.readSerial(leaderSerial);
      if (only !== undefined && only.session === leader?.session) return { held: [only], isWhole: false };
      // Who has lost the leader must know all who may follow it.
    }
    const held = await serials.readHeld();
    viewVersion = view.version;
    return { held, isWhole: true };
  }

  async function reapSilent(held: readonly SerialSighting[]): Promise<readonly SerialSighting[]> {
    let alive = held;
    for (const silent of silentSessions(watch, timing)) {
      if (silent.session === session.lease.session) continue;
      if (!(await serials.reap(silent, timing.ttlMs))) continue;
      alive = alive.filter((it) => it.session !== silent.session);
      log.warn("a silent session was ended", {
        event: "session_reaped",
        serial: silent.serial,
        machine: silent.machineId,
      });
      events.record(sessionReaped(silent, timing));
    }
    return alive;
  }

  async function lead(known: Leader): Promise<void> {
    const { serial, session: id } = session.lease;
    const self = watch.seen.get(serial)?.sighting;
    if (self === undefined || self.session !== id) return;
    const moved = await leaders.move(known, memberOf(self));
    if (moved === undefined) return;
    leader = moved;
    scansWithoutLeader = 0;
    log.info("this agent leads the fleet", { event: "leader_changed", serial, term: moved.term });
    events.record(leaderChanged(memberOf(self), moved.term, known));
  }

  async function handOver(known: Leader, to: SerialSighting): Promise<void> {
    // Not leader from before the move is sent: whatever becomes of it, nobody leads twice by our doing.
    leader = undefined;
    const moved = await leaders.move(known, memberOf(to));
    if (moved === undefined) return;
    leader = moved;
    log.info("handed the leadership to a lower serial", {
      event: "leader_changed",
      serial: to.serial,
      term: moved.term,
    });
    events.record(leaderChanged(memberOf(to), moved.term, known));
  }

  async function publish(view: FleetView, alive: readonly SerialSighting[]): Promise<void> {
    const term = leader?.term;
    if (term === undefined || !leads()) return;
    const seen = alive.map(memberOf);
    noteMembers(seen);
    if (isSame(seen, view.members)) return;
    await leaders.publish(term, seen);
  }

  function noteMembers(seen: readonly Member[]): void {
    if (!isSame(seen, members)) members = seen;
  }

  return {
    isLeader: leads,
    standing: () => ({ leader: leader?.session ?? null, members }),
    async scan() {
      const read = await leaders.read(lastView);
      leader = read.leader;
      lastView = read.view;
      if (!leads()) noteMembers(read.view.members);
      const startedAt = clock.monotonicNow();
      const { held, isWhole } = await readOthers(read.view);
      watch = observe(watch, held, startedAt, clock.monotonicNow(), timing);
      const alive = await reapSilent(held);
      if (isWhole) watchesAll = watchesEverybody(session.lease, alive);
      scansWithoutLeader = isLeaderAlive(leader, alive) ? 0 : scansWithoutLeader + 1;
      const decision = decideLeadership(leader, session.lease, alive, (it) => isBeating(watch, it), scansWithoutLeader);
      if (decision.kind === "take" && session.isTrusted()) await lead(read.leader);
      else if (decision.kind === "hand_over") await handOver(read.leader, decision.to);
      if (isWhole) await publish(read.view, alive);
    },
  };
}

function memberOf({ serial, session, machineId, hostname, labels, isDraining }: SerialSighting): Member {
  return { serial, session, machineId, hostname, labels, isDraining };
}

function isSame(some: readonly Member[], others: readonly Member[]): boolean {
  return JSON.stringify(some.map(inOrder)) === JSON.stringify(others.map(inOrder));
}

/** Labels in whatever order they came. */
function inOrder({ serial, session, machineId, hostname, labels, isDraining }: Member): readonly unknown[] {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return [serial, session, machineId, hostname, sorted, isDraining];
}
