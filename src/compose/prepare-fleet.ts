import type { FleetDatabase } from "../adapters/mongo/database.ts";
import { takeOverOriginal } from "../adapters/mongo/original.ts";
import { prepareDatabase } from "../adapters/mongo/preparation.ts";
import type { AgentConfig } from "../model/config.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Log } from "../ports/log.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import type { SettingsStore } from "../ports/settings-store.ts";

export interface PreparationStores {
  readonly settings: SettingsStore;
  readonly serials: Pick<SerialStore, "readHeld">;
}

/**
 * Makes a database ready for the fleet: the original's collections make room, indexes are there, commands from before
 * the first use are stamped as expired, and the settings of the fleet are read or stored. Safe to repeat.
 * @throws {ExitError} while an agent of the original is alive, or when an administrator is needed
 */
export async function prepareFleet(
  database: FleetDatabase,
  { settings, serials }: PreparationStores,
  config: AgentConfig,
  log: Log,
): Promise<FleetSettings> {
  const original = await takeOverOriginal(database.work);
  if (original.outcome === "alive") {
    throw new ExitError(
      EXIT.conflict,
      `an agent of the original FleetCron is alive on ${original.hostname}; both at once would run every job twice`,
      "stop the original on every machine, wait 3 minutes, and start this again",
    );
  }
  if (original.outcome === "forbidden") {
    throw new ExitError(
      EXIT.conflict,
      "collections of the original FleetCron must be renamed, and this account may not",
      `an administrator runs in mongosh:\n${original.command}`,
    );
  }
  if (original.outcome === "renamed" && original.collections.length > 0) {
    log.info("took over the database of the original FleetCron; its collections were renamed, nothing was deleted", {
      event: "original_taken_over",
      collections: original.collections,
    });
  }
  for (const warning of await prepareDatabase(database.work))
    log.warn("the database could not be prepared fully", { event: "preparation", problem: warning });
  const stored = await settings.readOrCreate(config.fleet);
  if (JSON.stringify(stored) !== JSON.stringify(config.fleet)) {
    log.warn("this machine's config differs from the fleet's settings; the fleet's hold", {
      event: "settings_differ",
      fleet: stored,
      config: config.fleet,
    });
  }
  const beyond = (await serials.readHeld())
    .filter(({ serial }) => serial > stored.maxSerial)
    .map(({ serial }) => serial);
  if (beyond.length > 0) {
    log.warn("agents hold serials above the fleet's max_serial; each keeps its own until it stops", {
      event: "serials_beyond_max",
      max_serial: stored.maxSerial,
      serials: beyond,
    });
  }
  return stored;
}
