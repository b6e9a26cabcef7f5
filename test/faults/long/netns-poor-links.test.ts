import { describe, expect, test, type TestContext } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { startOwnMongod } from "../../support/own-mongod.ts";
import { report } from "../support/figures.ts";
import { needNetwork, type NetworkHost } from "../support/namespaces.ts";

const LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };
const POOR_MS = 60_000;
const HOSTS = 3;

/** What became of sessions while one of three hosts had a poor link for a minute. */
async function withPoorLink(context: TestContext, spoil: (host: NetworkHost) => void): Promise<object> {
  const network = needNetwork(context, HOSTS);
  const { database } = await startOwnMongod(context);
  const uri = new URL(database.uri);
  const port = await network.publish(Number(uri.port));
  const config = { lease: LEASE, mongodb_uri: `mongodb://${network.address}:${port}/${uri.search}` };
  const fleet = await openFleet(context, { database, config, targetHost: network.address });
  const agents: AgentProcess[] = [];
  for (const { through } of network.hosts) {
    const agent = await fleet.startAgent(undefined, { through });
    await agent.untilLogged("machine_joined");
    agents.push(agent);
  }
  const leader = await fleet.leaderOf(agents);
  const [poor] = network.hosts;
  if (poor === undefined) throw new Error("no host");
  expect(leader).toBe(agents[0]);
  spoil(poor);
  const since = performance.now();
  await eventually("end of the poor link", 2 * POOR_MS, () => (performance.now() - since > POOR_MS ? true : undefined));
  poor.clean();
  const count = (event: string) => agents.flatMap((it) => it.lines.filter((line) => line.event === event)).length;
  report(context, {
    "sessions lost": count("session_over"),
    "times fenced": count("fenced"),
    "changes of leader": count("leader_changed") - 1,
    "times degraded": count("degraded"),
  });
  return { lost: count("session_over"), reaped: count("session_reaped"), leaders: count("leader_changed") };
}

describe("a leader behind a poor link keeps its session", { timeout: 180_000 }, () => {
  test("F8: with 30 % of the packets lost, both ways", async (context) => {
    expect(await withPoorLink(context, (host) => host.lose(30))).toEqual({ lost: 0, reaped: 0, leaders: 1 });
  });

  test("F8: with 8 kbit/s", async (context) => {
    expect(await withPoorLink(context, (host) => host.narrow(8))).toEqual({ lost: 0, reaped: 0, leaders: 1 });
  });
});
