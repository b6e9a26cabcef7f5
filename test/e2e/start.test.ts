import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { complaints, heldSerials, openFleet } from "./fleet.ts";

const DEFAULT_LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };

describe.concurrent("agents that start", () => {
  test("five together on an empty database get the serials 1 to 5 and one leader, without a word of complaint", async (context) => {
    const fleet = await openFleet(context, { config: { lease: DEFAULT_LEASE } });
    const agents = await fleet.startAgents(5);
    const held = await heldSerials(fleet.db);
    expect(new Set(held.values())).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(new Set(held.keys())).toEqual(new Set(agents.map((it) => it.machineId)));

    const leader = await fleet.leaderOf(agents);
    expect(held.get(leader.machineId)).toBe(1);
    // Everybody answers, so everybody has read the jobs, heard of the command and looked at the leader.
    const answers = await fleet.acks(await fleet.send({ type: "ping", target: "all" }), 5);
    expect(answers.map((it) => it.status)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    expect(agents.flatMap(complaints)).toEqual([]);
  });

  test("F28: a second one in the same home is refused with exit code 5 and told whose it is", async (context) => {
    const fleet = await openFleet(context);
    const [first] = await fleet.startAgents(1);
    if (first === undefined) throw new Error("no agent");
    const { exitCode, stderr } = await (await fleet.startAgent(first.home)).ended;
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`another agent (process ${first.pid}) runs in the home ${first.home}`);
    expect(await heldSerials(fleet.db)).toEqual(new Map([[first.machineId, 1]]));
  });

  test("F28: one with a copied machine id is refused with exit code 6 and told what to do", async (context) => {
    const fleet = await openFleet(context);
    const [first] = await fleet.startAgents(1);
    if (first === undefined) throw new Error("no agent");
    const home = await fleet.makeHome();
    await copyFile(join(first.home, "machine.json"), join(home, "machine.json"));
    const { exitCode, stderr } = await (await fleet.startAgent(home)).ended;
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`machine id ${first.machineId} is in use by another live agent (serial 1)`);
    expect(stderr).toContain("delete machine.json");
    expect(await heldSerials(fleet.db)).toEqual(new Map([[first.machineId, 1]]));
  });

  test("F32: one that was killed and comes back in its home has its serial again before the lease is over", async (context) => {
    const fleet = await openFleet(context, { config: { lease: { heartbeat_sec: 3, ttl_sec: 60, guard_sec: 3 } } });
    const [first] = await fleet.startAgents(1);
    if (first === undefined) throw new Error("no agent");
    await first.untilLogged("leader_changed");
    first.signal("SIGKILL");
    await first.ended;
    const again = await fleet.startAgent(first.home);
    expect(await again.untilLogged("machine_joined")).toMatchObject({ serial: 1 });
    expect(await again.untilLogged("leader_changed")).toMatchObject({ serial: 1, term: 2 });
  });
});
