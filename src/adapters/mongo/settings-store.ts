import { StoreRefusedError } from "../../model/errors.ts";
import type { FleetSettings } from "../../model/settings.ts";
import type { SettingsStore } from "../../ports/settings-store.ts";
import { parseFleetSettings } from "../../schema/fleet-settings.ts";
import { settingsIn } from "./collections.ts";
import { FORMAT, type SettingsDocument, settingsDocument } from "./documents/fleet-documents.ts";
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
  const parsed = parseFleetSettings(stored);
  if (parsed.ok) return parsed.value;
  const wrong = parsed.problems
    .filter((it) => it.severity === "error")
    .map((it) => `${it.path.slice(1).replaceAll("/", ".")} ${it.message}`)
    .join("; ");
  throw refuse(
    `the document "settings" of the collection "fleet" can't be used: ${wrong}; ` +
      'mend it with db.fleet.updateOne({ _id: "settings" }, { $set: { … } })',
  );
}
