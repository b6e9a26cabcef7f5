import type { SettingsStore } from "../ports/settings-store.ts";

/** The zone of jobs that name none. */
export interface FleetZone {
  read(): Promise<string>;
}

/** What the fleet has stored, because that holds; before the first agent, what this machine would store. */
export function createFleetZone(settings: Pick<SettingsStore, "read">, wishedZone: string): FleetZone {
  return {
    async read() {
      const stored = await settings.read();
      return stored?.zone ?? wishedZone;
    },
  };
}
