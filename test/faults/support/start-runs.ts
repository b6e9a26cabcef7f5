import type { Fleet } from "../../e2e/fleet.ts";

/** Has the machine with this serial run a job so many times, as quickly as it can. */
export async function startRunsAt(fleet: Fleet, serial: number, job: string, count: number): Promise<void> {
  const commands = Array.from({ length: count }, () => ({ type: "run_job", target: serial, args: { job } }));
  await fleet.db.collection("commands").insertMany(commands);
}
