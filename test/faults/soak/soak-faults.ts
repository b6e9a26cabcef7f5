import type { Chance } from "../../../src/ports/chance.ts";
import { commandOn } from "../support/link.ts";
import type { ReplicaSet } from "../support/replica-set.ts";
import { type SoakFleet, type SoakMachine, until } from "./soak-fleet.ts";

/** A fault of the matrix, from its beginning to its end. */
export interface SoakFault {
  readonly row: string;
  /** Resolves when everything is whole again. */
  readonly happen: () => Promise<void>;
}

const DEAD_MS = 9_000;
const ASLEEP_MS = 7_000;
const CUT_MS = 6_000;
const SLOW_MS = 8_000;
const HANG_MS = 3_000;
/** Within half a minute its selection finds the primary again, whatever was harmed. */
const AFTER_MS = 1_000;

/** The faults F1 to F9 that can be made without other clocks and networks; F3 differs from F2 only in the set's settings. */
export function soakFaults({ machines, leader }: SoakFleet, set: ReplicaSet, chance: Chance): readonly SoakFault[] {
  const anyMachine = (): SoakMachine => {
    const machine = machines[Math.floor(chance.fraction() * machines.length)];
    if (machine === undefined) throw new Error("no machine");
    return machine;
  };
  const theLeader = async () => (await leader()) ?? anyMachine();
  const forAWhile = (ms: number) => until(Date.now() + ms);
  const everyLink = () => machines.flatMap((it) => it.links.each);

  async function killPrimary(): Promise<void> {
    const primary = await set.primary();
    await primary.kill();
    await forAWhile(DEAD_MS);
    await primary.restart();
    await set.untilWhole();
  }

  async function harmLinks(machine: SoakMachine, harm: "refuse" | "stall", forMs: number): Promise<void> {
    machine.links[harm]();
    await forAWhile(forMs);
    machine.links.pass();
  }

  async function loseReplies(): Promise<void> {
    for (const command of [commandOn("insert", "job_runs"), commandOn("update", "job_runs")]) {
      for (const link of everyLink()) void link.loseReply(command);
      await forAWhile(AFTER_MS);
    }
  }

  return [
    { row: "F1", happen: () => set.stepDown() },
    { row: "F2", happen: killPrimary },
    { row: "F4", happen: () => anyMachine().die(DEAD_MS) },
    { row: "F4 leader", happen: async () => (await theLeader()).die(DEAD_MS) },
    { row: "F5 leader", happen: async () => (await theLeader()).sleep(ASLEEP_MS) },
    { row: "F5", happen: () => anyMachine().sleep(ASLEEP_MS) },
    {
      row: "F6",
      async happen() {
        for (let times = 0; times < 10; times++) {
          await anyMachine().sleep(100 + 400 * chance.fraction());
          await forAWhile(200);
        }
      },
    },
    { row: "F7 cut", happen: () => harmLinks(anyMachine(), "refuse", CUT_MS) },
    { row: "F7 silent", happen: () => harmLinks(anyMachine(), "stall", CUT_MS) },
    {
      row: "F8",
      async happen() {
        const { links } = anyMachine();
        links.delay(150);
        await forAWhile(SLOW_MS);
        links.pass();
      },
    },
    {
      row: "F9 reset",
      async happen() {
        for (const link of everyLink()) link.cut();
      },
    },
    {
      row: "F9 hang",
      async happen() {
        for (const link of everyLink()) link.stall();
        await forAWhile(HANG_MS);
        for (const link of everyLink()) {
          link.cut();
          link.pass();
        }
      },
    },
    { row: "F9 reply lost", happen: loseReplies },
  ];
}
