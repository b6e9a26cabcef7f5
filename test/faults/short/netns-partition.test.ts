import { describe, expect, test, type TestContext } from "vitest";
import { type Fleet, HANDED_ON_MS_MAX, LONGER_THAN_TTL_MS, openFleet } from "../../e2e/fleet.ts";
import { startOwnMongod } from "../../support/own-mongod.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, noAnswer } from "../../support/target.ts";
import { machineOf, onDemand, sentTooOften, threePosts } from "../support/chains.ts";
import { report } from "../support/figures.ts";
import { needNetwork, type NetworkHost } from "../support/namespaces.ts";
import { startRunsAt } from "../support/start-runs.ts";

/** Of the lease of these fleets: ttl − guard. */
const TRUST_MS = 2_500;
/** For the word of it to be written on a busy machine. */
const SLACK_MS = 500;
const RUNS = 5;
const RETRIES = 2;
const BACK_MS_MAX = 15_000;

interface Partition {
  readonly fleet: Fleet;
  readonly agents: readonly AgentProcess[];
  readonly hosts: readonly NetworkHost[];
  /** Where the hosts find MongoDB. */
  readonly mongodbPort: number;
}

/** Three agents, each on a host of its own; MongoDB and the target are elsewhere. */
async function threeHosts(context: TestContext): Promise<Partition> {
  const network = needNetwork(context, 3);
  const { database } = await startOwnMongod(context);
  const uri = new URL(database.uri);
  const mongodbPort = await network.publish(Number(uri.port));
  const mongodb_uri = `mongodb://${network.address}:${mongodbPort}/${uri.search}`;
  const fleet = await openFleet(context, { database, config: { mongodb_uri }, targetHost: network.address });
  const agents: AgentProcess[] = [];
  for (const { through } of network.hosts) {
    const agent = await fleet.startAgent(undefined, { through });
    await agent.untilLogged("machine_joined");
    agents.push(agent);
  }
  await fleet.leaderOf(agents);
  return { fleet, agents, hosts: network.hosts, mongodbPort };
}

/** Runs at one agent that hang in step 2, and go on with the next attempt. */
async function startHangingRuns({ fleet }: Partition, serial: number): Promise<void> {
  const { target } = fleet;
  target.on("/two", (arrival) => (arrival.attempt === 1 ? noAnswer() : {}));
  await fleet.putJob({ ...onDemand("chain"), actions: threePosts(target, { retries: RETRIES }) });
  await startRunsAt(fleet, serial, "chain", RUNS);
  await target.arrived("/two", RUNS);
}

async function expectCarriedOn({ fleet }: Partition): Promise<void> {
  const { target } = fleet;
  for (const run of new Set(target.arrivals.map((it) => it.run)))
    expect(await fleet.ended(run, 3 * HANDED_ON_MS_MAX)).toMatchObject({ status: "ok", takeovers: 1 });
  expect(["/one", "/two", "/three"].map((path) => target.at(path).length)).toEqual([RUNS, 2 * RUNS, RUNS]);
  expect(sentTooOften(target.arrivals, RETRIES)).toEqual([]);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
}

/** It learns that its session is over before it does anything else, and joins as another. */
async function expectBack(lost: AgentProcess, since: number): Promise<void> {
  const after = (line: { readonly time: string }) => Date.parse(line.time) >= since;
  await lost.untilLogged("session_over", after, BACK_MS_MAX);
  await lost.untilLogged("machine_joined", after, BACK_MS_MAX);
}

async function pastTheLease(since: number): Promise<void> {
  await eventually("time longer than a lease", 2 * LONGER_THAN_TTL_MS, () =>
    performance.now() - since > LONGER_THAN_TTL_MS ? true : undefined,
  );
}

describe("a host whose network breaks", () => {
  test("F7: a leader whose link is cut fences itself within its trust window, its runs go on elsewhere, and it comes back as another session", async (context) => {
    const partition = await threeHosts(context);
    const { fleet, agents, hosts } = partition;
    const [lost, ...others] = agents;
    await startHangingRuns(partition, 1);
    hosts[0]?.cut();
    const [cutAt, cutWall] = [performance.now(), Date.now()];
    const fenced = await lost?.untilLogged("fenced", undefined, 3 * TRUST_MS);
    const resumed = await fleet.target.arrived("/two", RUNS + 1, 3 * HANDED_ON_MS_MAX);
    await expectCarriedOn(partition);
    expect(others.map((it) => it.machineId)).toContain((await fleet.leaderOf(others)).machineId);
    await pastTheLease(cutAt);
    hosts[0]?.heal();
    if (lost === undefined || fenced === undefined) throw new Error("no agent");
    await expectBack(lost, cutWall);
    report(context, {
      "fenced after ms": Date.parse(fenced.time) - cutWall,
      "goes on after ms": Math.round(resumed.monotonicAt - cutAt),
    });
    await expectCarriedOn(partition);
  });

  test("F7: an owner whose packets to MongoDB vanish sends nothing after its trust window, though the target is in reach", async (context) => {
    const partition = await threeHosts(context);
    const { fleet, agents, hosts, mongodbPort } = partition;
    const lost = agents[1];
    if (lost === undefined) throw new Error("no agent");
    await startHangingRuns(partition, 2);
    hosts[1]?.swallow(mongodbPort);
    const [cutAt, cutWall] = [performance.now(), Date.now()];
    const fenced = await lost.untilLogged("fenced", undefined, 3 * TRUST_MS);
    await fleet.target.arrived("/two", RUNS + 1, 3 * HANDED_ON_MS_MAX);
    await pastTheLease(cutAt);
    hosts[1]?.clean();
    await expectBack(lost, cutWall);
    await expectCarriedOn(partition);
    report(context, { "fenced after ms": Date.parse(fenced.time) - cutWall });
    const late = fleet.target.arrivals.filter((it) => it.monotonicAt > cutAt + TRUST_MS + SLACK_MS);
    expect(late.filter((it) => machineOf(it) === lost.machineId)).toEqual([]);
  });
});
