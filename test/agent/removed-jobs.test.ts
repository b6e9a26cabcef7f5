import { expect, test } from "vitest";
import { createWorld } from "../support/fleet-world/world.ts";

test("a leader that was fenced in mid-round ends the cursors of jobs removed meanwhile, whosever they were", async () => {
  const world = createWorld();
  const [leader, ...others] = await world.startFleet("a", "b", "c");
  if (leader === undefined) throw new Error("unreachable: it was just started");
  world.putJob("due");
  const spread = ["one", "two", "three", "four"];
  for (const id of spread) world.putJob(id, { run_on: "any", schedule: "*/5 * * * *" });
  await world.passTo("10:05:58");
  // So that nobody ends the leader's session meanwhile.
  for (const it of others) it.pause();
  let isAway = true;
  let readsWhileFenced = 0;
  /** What gets through before everything else: the agent learns that the jobs are gone before its next round. */
  let first: readonly string[] = [];
  // Its last renewal was sent before 10:05:58; 9 s later it trusts its session no more.
  const isFenced = () => world.now() > world.timeOf("10:06:07");
  leader.network.patienceMs = 100;
  leader.network.decide = (operation) => {
    if (isAway && isFenced() && operation === "fleetCursors.read") readsWhileFenced++;
    return isAway && !first.includes(operation) ? "request lost" : "answered";
  };
  await world.passUntil("repeated round of the fenced leader", 13_000, () => readsWhileFenced > 0);
  for (const id of spread) world.removeJob(id);
  const { session } = world.state.serials.get(1) ?? {};
  first = ["jobs.readAll", "pauses.read", "serials.renew"];
  await world.pass(6_000);
  isAway = false;
  expect(world.state.serials.get(1)?.session, "nobody ended its session").toBe(session);
  await world.pass(65_000);
  const inForce = spread.filter((id) => world.state.cursors.get(`${id}|fleet`)?.schedule !== null);
  expect(inForce, "jobs whose old schedule is still in force").toEqual([]);
});
