import type { FleetSettings } from "../model/settings.ts";

/** What the whole fleet shares. The first agent on a database stores it. */
export interface SettingsStore {
  /** Stores `wished` if nothing is stored, and answers what holds. */
  readOrCreate(wished: FleetSettings): Promise<FleetSettings>;
  read(): Promise<FleetSettings | undefined>;
}
