import { StoreRefusedError } from "../../model/errors.ts";
import type { FleetSettings } from "../../model/settings.ts";
import type { SettingsStore } from "../../ports/settings-store.ts";
import { settingsIn } from "./collections.ts";
import { FORMAT, type SettingsDocument, settingsDocument, settingsOf } from "./documents/fleet-documents.ts";
import type { Lane } from "./lane.ts";
import { isDuplicateKey } from "./translate-error.ts";

export function createSettingsStore(lane: Lane): SettingsStore {
  const read = () =>
    lane.run("read the settings of the fleet", async (db, session) => {
      const stored = await settingsIn(db).findOne({ _id: "settings" }, { session });
      return stored === null ? undefined : readable(stored);
    });

  return {
    read,
    async readOrCreate(wished) {
      for (;;) {
        const stored = await read();
        if (stored !== undefined) return stored;
        await lane.run("store the settings of the fleet", async (db, session) => {
          const { _id, ...fields } = settingsDocument(wished);
          try {
            await settingsIn(db).updateOne({ _id }, { $setOnInsert: fields }, { upsert: true, session });
          } catch (err) {
            if (!isDuplicateKey(err)) throw err;
          }
        });
      }
    },
  };
}

/** People can edit this document; what is not usable is named rather than obeyed. */
function readable(stored: SettingsDocument): FleetSettings {
  const refuse = (reason: string) => new StoreRefusedError("read the settings of the fleet", reason, undefined);
  if (stored.format !== FORMAT) {
    throw refuse(
      `the database has format ${stored.format}, this agent knows format ${FORMAT}; use the same version on all machines`,
    );
  }
  const { tz, max_serial: maxSerial, lease } = stored;
  const numbers = [maxSerial, lease?.heartbeat_sec, lease?.ttl_sec, lease?.guard_sec];
  if (typeof tz !== "string" || !numbers.every((it) => typeof it === "number" && it > 0)) {
    throw refuse('the document "settings" of the collection "fleet" is damaged; mend tz, max_serial and lease there');
  }
  return settingsOf(stored);
}
