import type { Brand } from "./brand.ts";

/** Names a host for good; kept in `machine.json`. */
export type MachineId = Brand<string, "MachineId">;

export interface MachineIdentity {
  readonly machineId: MachineId;
  readonly hostname: string;
  /** Where the agent's lock lives: boot id, device and inode. Two agents in one place can't be alive together. */
  readonly place: string;
  readonly bootId: string;
}
