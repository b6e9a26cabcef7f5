import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let a: Machine;
let b: Machine;

beforeEach(async () => {
  world = createWorld();
  const [first, second] = await world.startFleet("a", "b");
  if (first === undefined || second === undefined) throw new Error("unreachable: two machines were started");
  [a, b] = [first, second];
  await world.pass(2_000);
});

const machineOf = (name: string) => world.state.machines.get(name);
const arrivedOn = (path = "/job") => world.target.at(path).map((it) => `${it.minute} ${it.machine}`);

describe("drain", () => {
  test("begins no more runs on the machine; those that it has go on to their end", async () => {
    world.putJob("job");
    world.target.on("/job", (arrival) => (arrival.minute === "10:01" ? { afterMs: 60_000 } : {}));
    world.putJob("job", { timeout_sec: 100, overlap: "allow" });
    await world.passTo("10:01:10");
    world.putCommand("drain", { type: "drain", target: "a" });
    await world.passTo("10:03:30");
    expect(world.ackOf("drain", "a")).toMatchObject({
      status: "ok",
      result: "this machine begins no more runs; 1 still going on",
    });
    expect(arrivedOn()).toEqual(["10:01 a", "10:02 b", "10:03 b"]);
    expect(world.storyOf("job")[0]).toBe("10:01 ok");
  });

  test("outlives the agent, until it is undone", async () => {
    world.putJob("job");
    world.putCommand("1-drain", { type: "drain", target: "a" });
    await world.pass(2_000);
    a.crash();
    a.start();
    await world.passTo("10:03:30");
    expect(arrivedOn().every((it) => it.endsWith(" b"))).toBe(true);
    world.putCommand("2-undrain", { type: "undrain", target: "a" });
    await world.pass(10_000);
    expect(world.ackOf("2-undrain", "a")).toMatchObject({ status: "ok", result: "this machine takes runs again" });
    expect(machineOf("a")?.isDraining).toBe(false);
    b.crash();
    await world.passTo("10:05:30");
    expect(arrivedOn().at(-1)).toBe("10:05 a");
  });

  test("holds against a report that was on its way with what was so before", async () => {
    a.network.replyMs = (operation) => (operation === "machines.report" ? 800 : 0);
    await world.passUntil("a report under way", 30_000, () => {
      return world.serverNow() - (machineOf("a")?.lastSeen ?? 0) < 100;
    });
    world.putCommand("drain", { type: "drain", target: "a" });
    await world.pass(1_000);
    expect(world.ackOf("drain", "a")?.status).toBe("ok");
    await world.pass(5_000);
    expect([...world.state.serials.values()].find((it) => it.machineId === "a")?.isDraining).toBe(true);
  });

  test("is set by a command once, whatever answers are lost and however late it is told again", async () => {
    a.network.fate("machines.setDraining", "reply lost", 1);
    world.putCommand("1-drain", { type: "drain", target: "a" });
    await world.pass(8_000);
    world.putCommand("2-undrain", { type: "undrain", target: "a" });
    await world.pass(2_000);
    world.state.acks.delete("1-drain:a");
    a.crash();
    a.start();
    await world.passUntil("a second answer", 30_000, () => world.ackOf("1-drain", "a") !== undefined);
    await world.pass(15_000);
    expect(machineOf("a")?.isDraining).toBe(false);
    expect([...world.state.serials.values()].find((it) => it.machineId === "a")?.isDraining).toBe(false);
  });

  test("of the leader leaves a run that is asked of it to another", async () => {
    world.putJob("job", { schedule: "0 0 1 1 *" });
    world.putCommand("1-drain", { type: "drain", target: "leader" });
    await world.pass(4_000);
    world.putCommand("2-run", { type: "run_job", target: "leader", args: { job: "job" } });
    await world.pass(5_000);
    expect(world.ackOf("2-run", "leader")).toMatchObject({
      machineId: "a",
      status: "ok",
      result: "gave run job|manual|2-run to b.example",
    });
    expect(world.target.at("/job").map((it) => it.machine)).toEqual(["b"]);
    world.putCommand("3-run", { type: "run_job", target: "a", args: { job: "job" } });
    await world.pass(2_000);
    expect(world.ackOf("3-run", "a")).toMatchObject({ status: "failed", result: expect.stringContaining("draining") });
  });
});
