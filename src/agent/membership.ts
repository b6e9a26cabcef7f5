import { isBeating, nothingWatched, observe, silentSessions } from "../membership/watch.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { FleetEvent } from "../model/event.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { Lease, MemberTraits, SerialSighting, SessionId } from "../model/member.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import type { DatabaseHealth } from "./database-health.ts";
import { machineJoined, sessionReaped } from "./fleet-evidence.ts";
import { momentOf } from "./moment.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSession, type OwnedSession, type Session } from "./session.ts";

export interface MembershipDeps {
  readonly serials: SerialStore;
  readonly settings: FleetSettings;
  readonly identity: MachineIdentity;
  /** What this member is like at present; told with each heartbeat. */
  readonly traits: () => MemberTraits;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly serverClock: ServerClock;
  readonly health: DatabaseHealth;
  readonly events: EventLog;
  readonly log: Log;
  /** Give up when every serial is taken, instead of standing by. */
  readonly noWait: boolean;
}

/** Lives one session after the other: joins, renews, and joins anew when a session is over. */
export interface Membership {
  readonly current: Session | undefined;
  /** Runs until the signal aborts, then leaves the current session to `release`. @throws {ExitError} copied id, no serial. */
  run(onSession: (session: Session) => void, signal: AbortSignal): Promise<void>;
  /** Frees the serial after everything else has stopped. */
  release(signal: AbortSignal): Promise<void>;
}

export function createMembership(deps: MembershipDeps): Membership {
  const { serials, settings, identity, traits, clock, chance, serverClock, health, events, log } = deps;
  const timing = settings.lease;
  let current: OwnedSession | undefined;
  let isFenced = false;
  /** The former session of this machine in whose place the current one came. */
  let replaced: SerialSighting | undefined;

  async function join(signal: AbortSignal): Promise<OwnedSession | undefined> {
    await health.untilAnswered(() => serials.prepare(settings.maxSerial), signal);
    const id = chance.uuid() as SessionId;
    replaced = undefined;
    let saidStandby = false;
    let watch = nothingWatched;
    while (!signal.aborted) {
      const sentAt = momentOf(clock);
      const lease = await health.untilAnswered(() => takeOrReplace(id, signal), signal);
      if (lease === undefined) return undefined;
      // A late answer is answered by the renewal that follows at once: trust runs from before the taking was sent.
      if (lease !== "none_free") return createSession(lease, sentAt, timing, clock);
      if (deps.noWait) {
        throw new ExitError(
          EXIT.noSerial,
          `all ${settings.maxSerial} serials are taken`,
          "start it without --no-wait to stand by, or raise max_serial",
        );
      }
      if (!saidStandby)
        log.info("all serials are taken; standing by until one is free", {
          event: "standby",
          max_serial: settings.maxSerial,
        });
      saidStandby = true;
      const startedAt = clock.monotonicNow();
      const held = (await health.untilAnswered(() => serials.readHeld(), signal)) ?? [];
      watch = observe(watch, held, startedAt, clock.monotonicNow(), timing);
      for (const silent of silentSessions(watch, timing)) await health.untilAnswered(() => reap(silent), signal);
      await clock.sleep(timing.scanMs, signal);
    }
    return undefined;
  }

  /** An agent that was part of the fleet does not give up for what somebody may mend. */
  async function joinAgain(signal: AbortSignal): Promise<OwnedSession | undefined> {
    while (!signal.aborted) {
      try {
        return await join(signal);
      } catch (err) {
        if (err instanceof ExitError) throw err;
        log.error("joining anew failed; it is tried again", { event: "join_failed", err });
        await clock.sleep(timing.heartbeatMs, signal);
      }
    }
    return undefined;
  }

  async function takeOrReplace(id: SessionId, signal: AbortSignal): Promise<Lease | "none_free"> {
    for (;;) {
      const machine = { ...identity, ...traits() };
      const taken = await serials.take(id, machine, settings.maxSerial, timing.ttlMs);
      if (taken.outcome === "taken") return taken.lease;
      if (taken.outcome === "none_free") return "none_free";
      if (taken.holder.place === identity.place) {
        // The lock and its socket prove that the process behind the former session is dead.
        // Kept before the answer: after one that was lost, the serial is found taken by this very session.
        replaced = taken.holder;
        const lease = await serials.replace(taken.holder, id, machine, timing.ttlMs);
        if (lease !== undefined) return lease;
        replaced = undefined;
        continue;
      }
      await reapFormerPlace(taken.holder, signal);
      if (signal.aborted) return "none_free";
    }
  }

  async function reap(silent: SerialSighting): Promise<boolean> {
    const isEnded = await serials.reap(silent, timing.ttlMs);
    if (isEnded) events.record(sessionReaped(silent, timing));
    return isEnded;
  }

  /** A session with our machine id in another place: a copy of the id if its heart beats, else a former boot of ours. */
  async function reapFormerPlace(holder: SerialSighting, signal: AbortSignal): Promise<void> {
    log.info("this machine's id holds a serial from another place; watching whether it is alive", {
      event: "watching_former",
      serial: holder.serial,
    });
    let watch = nothingWatched;
    while (!signal.aborted) {
      const startedAt = clock.monotonicNow();
      const now = await serials.readSerial(holder.serial);
      if (now === undefined || now.session !== holder.session) return;
      watch = observe(watch, [now], startedAt, clock.monotonicNow(), timing);
      if (isBeating(watch, holder.serial)) {
        throw new ExitError(
          EXIT.conflict,
          `machine id ${identity.machineId} is in use by another live agent (serial ${holder.serial}); the id was copied`,
          "delete machine.json in this machine's FleetCron home and start again: it gets an id of its own",
        );
      }
      for (const silent of silentSessions(watch, timing)) if (await reap(silent)) return;
      await clock.sleep(timing.scanMs, signal);
    }
  }

  async function renewUntilOver(session: OwnedSession, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !session.over.aborted) {
      await clock.sleep(timing.heartbeatMs, signal);
      if (signal.aborted) return;
      noteFence(session);
      await renew(session, signal);
    }
  }

  async function renew(session: OwnedSession, signal: AbortSignal): Promise<void> {
    const once = async () => {
      noteFence(session);
      const sent = momentOf(clock);
      return { sent, renewal: await serials.renew(session.lease, traits(), timing.ttlMs) };
    };
    const answer = await health.untilAnswered(once, signal).catch((err: unknown) => {
      log.error("MongoDB refused the renewal of this session; it is asked again", { event: "renewal_refused", err });
      return undefined;
    });
    if (answer === undefined) return;
    const { sent, renewal } = answer;
    if (renewal.outcome === "over") return session.end();
    serverClock.note(renewal.serverTime, sent);
    session.renewed(sent);
    if (isFenced && session.isTrusted()) {
      isFenced = false;
      const message = "the session is trusted again";
      log.info(message, { event: "unfenced", serial: session.lease.serial });
      events.record({ type: "machine_unfenced", message, facts: factsOf(session.lease) });
    }
  }

  function factsOf({ serial, session }: Lease): FleetEvent["facts"] {
    return { serial, session, machine_id: identity.machineId, hostname: identity.hostname };
  }

  function noteFence(session: OwnedSession): void {
    if (isFenced || session.isTrusted()) return;
    isFenced = true;
    const message = "no renewal was acknowledged in time; nothing is sent until one is";
    log.warn(message, { event: "fenced", serial: session.lease.serial });
    events.record({ type: "machine_fenced", message, facts: factsOf(session.lease) });
  }

  return {
    get current() {
      return current;
    },
    async run(onSession, signal) {
      let hasJoined = false;
      while (!signal.aborted) {
        const session = hasJoined ? await joinAgain(signal) : await join(signal);
        if (session === undefined) return;
        hasJoined = true;
        current = session;
        if (signal.aborted) return;
        isFenced = false;
        log.info("joined the fleet", {
          event: "machine_joined",
          serial: session.lease.serial,
          session: session.lease.session,
        });
        events.record(machineJoined(session.lease, identity, replaced, timing));
        // The first renewal at once: it brings the server's time, and a fresh window if the joining was slow.
        await renew(session, signal);
        onSession(session);
        await renewUntilOver(session, signal);
        if (session.over.aborted) {
          current = undefined;
          log.warn("this session was ended by another agent; joining anew", {
            event: "session_over",
            serial: session.lease.serial,
          });
        }
      }
    },
    async release(signal) {
      const session = current;
      if (session === undefined) return;
      const freed = await health
        .untilAnswered(() => serials.release(session.lease), signal)
        .catch((err: unknown) => {
          log.error("MongoDB refused to free the serial", { event: "release_refused", err });
          return undefined;
        });
      session.end();
      current = undefined;
      if (freed === undefined) {
        log.warn("the serial could not be freed in time; it is reaped when its lease is over", {
          event: "release_given_up",
          serial: session.lease.serial,
        });
        return;
      }
      log.info("left the fleet", { event: "machine_left", serial: session.lease.serial });
      events.record({
        type: "machine_left",
        message: "left the fleet and freed the serial",
        facts: factsOf(session.lease),
      });
    },
  };
}
