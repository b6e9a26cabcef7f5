import { expect, test } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { eventually } from "../../support/eventually.ts";
import { report } from "../support/figures.ts";
import { startReplicaSet } from "../support/replica-set.ts";
import { databaseOn } from "../support/steady-work.ts";

const POLL_SEC = 10;
/** Promise 8: with a stream, and without. */
const HEARD_MS = 2_000;
const POLLED_MS = (POLL_SEC + 1) * 1_000;
const ROLLED_MS_MAX = 60_000;
const CHUNK = "x".repeat(500_000);

test("F27: the oplog has rolled over what a change stream had not read: commands come by the poll, then by a stream again", {
  timeout: 180_000,
}, async (context) => {
  const set = await startReplicaSet({ members: 1, of: () => ({ args: ["--oplogSize", "1"] }) });
  context.onTestFinished(() => set.stop());
  const fleet = await openFleet(context, {
    database: databaseOn(set.uri),
    config: { commands: { poll_sec: POLL_SEC } },
  });
  const [agent] = await fleet.startAgents(1);
  if (agent === undefined) throw new Error("no agent");
  await fleet.leaderOf([agent]);
  const answeredIn = async (): Promise<number> => {
    const sentAt = performance.now();
    await fleet.acks(await fleet.send({ type: "ping", target: "all" }), 1);
    return Math.round(performance.now() - sentAt);
  };
  await answeredIn();
  const before = await answeredIn();
  expect(before).toBeLessThan(3 * HEARD_MS);

  agent.signal("SIGSTOP");
  const oldest = async () => {
    const oplog = fleet.db.client.db("local").collection("oplog.rs");
    return String((await oplog.find().sort({ $natural: 1 }).limit(1).toArray())[0]?.["ts"]);
  };
  const oldestBefore = await oldest();
  await eventually("oplog that has rolled over", ROLLED_MS_MAX, async () => {
    for (let count = 0; count < 20; count++) await fleet.db.collection("junk").insertOne({ junk: CHUNK });
    return (await oldest()) === oldestBefore ? undefined : true;
  });
  // Whatever the stream had read up to is gone by now.
  for (let count = 0; count < 60; count++) await fleet.db.collection("junk").insertOne({ junk: CHUNK });
  agent.signal("SIGCONT");
  const polled = await answeredIn();
  expect(polled).toBeLessThan(3 * POLLED_MS);
  const lost = await agent.untilLogged("changes_lost", undefined, 3 * POLLED_MS).then(
    (line) => JSON.stringify(line["err"]).slice(0, 120),
    () => "not said",
  );
  const again = await eventually("command that is heard at once", 3 * POLLED_MS, async () => {
    const tookMs = await answeredIn();
    return tookMs < HEARD_MS ? tookMs : undefined;
  });
  report(context, { heard_before_ms: before, after_roll_over_ms: polled, heard_again_ms: again, stream: lost });
});
