import { eventually } from "../../support/eventually.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import type { Fleet } from "../../e2e/fleet.ts";

/** A mongod whose clock lies makes indexes slowly, and a busy machine does everything slowly. */
export const JOINED_MS_MAX = 90_000;

/**
 * Starts agents that all have joined and are known as machines that commands reach; the first one makes the database
 * ready before the others come.
 */
export async function joinFleet(
  fleet: Fleet,
  count: number,
  envOf: (index: number) => Readonly<Record<string, string>> = () => ({}),
): Promise<readonly AgentProcess[]> {
  const join = async (index: number): Promise<AgentProcess> => {
    const agent = await fleet.startAgent(undefined, { env: envOf(index) });
    await agent.untilLogged("machine_joined", undefined, JOINED_MS_MAX);
    return agent;
  };
  const first = await join(0);
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => join(index + 1)));
  const agents = [first, ...others];
  const ids = agents.map((it) => it.machineId);
  await eventually("report of every machine", JOINED_MS_MAX, async () => {
    const known = await fleet.db.collection<{ _id: string }>("machines").countDocuments({ _id: { $in: ids } });
    return known === count ? true : undefined;
  });
  await fleet.leaderOf(agents);
  return agents;
}
