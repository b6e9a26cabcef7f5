import { describe, expect, test, type TestContext } from "vitest";
import { heldSerials, openFleet, TAKEOVER_MS_MAX } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice, noAnswer } from "../../support/target.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";
import { joinFleet, JOINED_MS_MAX } from "../support/join-fleet.ts";
import { losePrimary } from "../support/lose-primary.ts";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.ts";
import { databaseOn } from "../support/steady-work.ts";

const SECOND_MS = 1_000;
const TTL_MS = 3 * SECOND_MS;
const FAILOVER_MS = 5 * SECOND_MS;

/** A set whose primary has the true clock and whose other members are off by so much. */
async function setOfTwoTimes(context: TestContext, byMs: number): Promise<ReplicaSet> {
  const faketime = needFakeTime(context);
  const set = await startReplicaSet({
    electionTimeoutMs: 2_000,
    of: (index) => (index === 0 ? {} : { env: faketime.shifted(byMs) }),
  });
  context.onTestFinished(() => set.stop());
  const [first] = set.members;
  while ((await set.primary()) !== first) await set.stepDown();
  return set;
}

describe("when the primary dies", () => {
  test("F11: agents whose clocks are 5 minutes off and 5 % too fast or slow exclude each other as ever", {
    timeout: 300_000,
  }, async (context) => {
    const faketime = needFakeTime(context);
    const set = await startReplicaSet({ electionTimeoutMs: 2_000 });
    context.onTestFinished(() => set.stop());
    const clocks = [
      [300, 1.05],
      [-300, 0.95],
      [0, 1.05],
    ];
    const gapMs = await losePrimary(context, set, {
      boundMs: FAILOVER_MS,
      envOf: (index) => faketime.drifting((clocks[index]?.[0] ?? 0) * SECOND_MS, clocks[index]?.[1] ?? 1),
      lose: (primary) => primary.kill(),
    });
    expect(gapMs).toBeLessThan(3 * FAILOVER_MS);
  });

  test("F12: and the next one's clock is 5 minutes ahead, no living agent loses its session, not even to one just starting", {
    timeout: 300_000,
  }, async (context) => {
    const set = await setOfTwoTimes(context, 300 * SECOND_MS);
    let held = 0;
    await losePrimary(context, set, {
      boundMs: FAILOVER_MS,
      async lose(primary, fleet) {
        const newcomer = fleet.startAgent();
        await primary.kill();
        await (await newcomer).untilLogged("machine_joined", undefined, JOINED_MS_MAX);
        held = (await heldSerials(fleet.db)).size;
      },
    });
    expect(held).toBe(4);
  });

  test.for([-300, -11, -5])(
    "F13: and the next one's clock is %i s off, the run of an agent that died with it goes on in time",
    {
      timeout: 300_000,
    },
    async (bySec, context) => {
      const jumpMs = -bySec * SECOND_MS;
      const set = await setOfTwoTimes(context, bySec * SECOND_MS);
      const fleet = await openFleet(context, { database: databaseOn(set.uri) });
      const agents = await joinFleet(fleet, 3);
      const leader = await fleet.leaderOf(agents);
      fleet.target.on("/two", (_arrival, nth) => (nth === 1 ? noAnswer() : {}));
      const post = { type: "http", method: "POST", retry: { retries: 2, delay_sec: 0.5 } };
      const step = (path: string) => ({ ...post, url: `${fleet.target.url}${path}` });
      await fleet.putJob({
        name: "chain",
        schedule: "0 0 1 1 *",
        actions: [step("/one"), step("/two"), step("/three")],
      });
      const run = await fleet.runJob("chain");
      await fleet.target.arrived("/two");
      leader.signal("SIGKILL");
      const diedAt = performance.now();
      await (await set.primary()).kill();
      const boundMs = TAKEOVER_MS_MAX + (jumpMs < 2 * TTL_MS ? jumpMs : 0) + FAILOVER_MS;
      const resumed = await fleet.target.arrived("/two", 2, 3 * boundMs);
      report(context, { takeover_ms: Math.round(resumed.monotonicAt - diedAt), bound_ms: boundMs });
      expect(await fleet.ended(run)).toMatchObject({ status: "ok", takeovers: 1 });
      expect(fleet.target.arrivals.map((it) => it.path)).toEqual(["/one", "/two", "/two", "/three"]);
      expect(arrivedTwice(fleet.target.arrivals)).toEqual([]);
      await eventually("end of the dead session", 3 * boundMs, async () =>
        (await heldSerials(fleet.db)).size === 2 ? true : undefined,
      );
    },
  );
});
