import type { MachineIdentity } from "../model/machine.ts";
import type { FleetEventType } from "../model/event.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";

/** A clock offset is told again when it differs from the one told before by more than this. */
const OFFSET_CHANGE_MS = SECOND_MS;
/** And no sooner than this, so that a clock that leaps to and fro fills nothing. */
const OFFSET_AGAIN_MS = MINUTE_MS;
/** Shorter outages of the database, such as an election, are not worth an event. */
const AWAY_MS_MIN = SECOND_MS;

export interface MachineEvidenceDeps {
  readonly events: EventLog;
  readonly identity: Pick<MachineIdentity, "machineId" | "hostname">;
  readonly clock: Pick<Clock, "monotonicNow">;
}

/** What this agent tells about itself, for those who ask afterwards why something ran, ran late or did not run. */
export interface MachineEvidence {
  started(version: string, tzdata: string): void;
  stopping(): void;
  /** At each reading; told the first time and when it has changed. @param offsetMs how far our wall clock is ahead */
  clockOffset(offsetMs: number): void;
  clockDoubted(message: string, server: EpochMs, expected: EpochMs): void;
  /** Once MongoDB answers again. @param now the server's time */
  databaseWasAway(awayMs: number, now: EpochMs): void;
}

export function createMachineEvidence({ events, identity, clock }: MachineEvidenceDeps): MachineEvidence {
  const self = { machine_id: identity.machineId, hostname: identity.hostname };
  let told: { readonly offsetMs: number; readonly at: number } | undefined;

  function tell(type: FleetEventType, message: string, facts: Readonly<Record<string, string | number>> = {}): void {
    events.record({ type, message, facts: { ...self, ...facts } });
  }

  return {
    started: (version, tzdata) => tell("agent_started", "the agent of this machine was started", { version, tzdata }),
    stopping: () => tell("agent_stopping", "the agent of this machine was asked to stop"),
    clockOffset(offsetMs) {
      const at = clock.monotonicNow();
      if (told !== undefined) {
        if (Math.abs(offsetMs - told.offsetMs) <= OFFSET_CHANGE_MS || at - told.at < OFFSET_AGAIN_MS) return;
      }
      told = { offsetMs, at };
      tell("clock_offset", "this machine's clock differs from the database server's by offset_ms", {
        offset_ms: offsetMs,
      });
    },
    clockDoubted: (message, server, expected) =>
      tell("clock_doubt", message, { server: iso(server), expected: iso(expected) }),
    databaseWasAway(awayMs, now) {
      if (awayMs < AWAY_MS_MIN) return;
      const since = iso((now - awayMs) as EpochMs);
      const facts = { since, until: iso(now), away_ms: Math.round(awayMs) };
      tell("database_away", "MongoDB did not answer this machine; nothing was sent meanwhile", facts);
    },
  };
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}
