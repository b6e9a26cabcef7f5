import { describe, expect, test } from "vitest";
import { EXIT, ExitError } from "../../src/model/errors.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { createWorld } from "../support/fleet-world/world.ts";

function exitCodeOf(machine: Machine): number | undefined {
  const { agent } = machine;
  return typeof agent === "object" && agent.failed instanceof ExitError ? agent.failed.exitCode : undefined;
}

describe("a machine that joins", () => {
  test("takes the lowest free serial, and there is one leader after five start at once", async () => {
    const world = createWorld();
    for (const name of ["a", "b", "c", "d", "e"]) world.machine(name).start();
    await world.pass(5_000);
    expect(["a", "b", "c", "d", "e"].map((it) => world.serialOf(it) ?? 0).toSorted((x, y) => x - y)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    expect(world.serialOf(world.leader() ?? "")).toBe(1);
    expect(world.state.leader.term).toBe(1);
    expect(world.log.filter((it) => it.level === "error")).toEqual([]);
  });

  test("takes the number that somebody freed below its neighbours", async () => {
    const world = createWorld();
    const [, b] = await world.startFleet("a", "b", "c");
    b?.requestStop();
    await world.passUntil("b to stop", 5_000, () => b?.agent === "stopped");
    world.machine("d").start();
    await world.pass(1_000);
    expect(world.serialOf("d")).toBe(2);
  });

  test("takes the number again that it held before, though a lower one is free", async () => {
    const world = createWorld();
    const [a, b] = await world.startFleet("a", "b", "c");
    for (const it of [b, a]) {
      it?.requestStop();
      await world.passUntil("it to stop", 5_000, () => it?.agent === "stopped");
    }
    b?.start();
    await world.pass(1_000);
    expect(world.serialOf("b")).toBe(2);
    a?.start();
    await world.pass(1_000);
    expect(world.serialOf("a")).toBe(1);
  });

  test("replaces its own former session at once when its process was killed in the same place", async () => {
    const world = createWorld();
    const [a] = await world.startFleet("a", "b");
    const before = world.state.serials.get(1);
    a?.crash();
    a?.start();
    await world.pass(100);
    const after = world.state.serials.get(1);
    expect(after?.machineId).toBe("a");
    expect(after?.session).not.toBe(before?.session);
    expect(after?.token).toBeGreaterThan(before?.token ?? Number.NaN);
  });

  test.each([
    ["the answer comes", 0],
    ["the answer is lost", 1],
  ])("tells since when its former session was silent when it replaces it: %s", async (_, lost) => {
    const world = createWorld({ startsAt: "10:00:20" });
    const [a] = await world.startFleet("a");
    await world.passTo("10:01:00");
    const lastRenewal = (world.state.serials.get(1)?.leaseUntil ?? Number.NaN) - 12_000;
    a?.crash();
    await world.passTo("10:02:40");
    a?.network.fate("serials.replace", "reply lost", lost);
    a?.start();
    await world.passTo("10:03:00");
    const joined = world.state.events.filter((it) => it.type === "machine_joined");
    expect(joined).toHaveLength(2);
    expect(joined[0]?.facts).not.toHaveProperty("silent_since");
    expect(joined[1]?.facts).toMatchObject({ silent_since: new Date(lastRenewal).toISOString() });
  });

  test("tells since when a session that it ended was silent, and nothing of the kind after a clean stop", async () => {
    const world = createWorld({ startsAt: "10:00:20" });
    const [a, b] = await world.startFleet("a", "b");
    await world.passTo("10:01:00");
    const lastRenewal = (world.state.serials.get(2)?.leaseUntil ?? Number.NaN) - 12_000;
    b?.crash();
    await world.passTo("10:01:30");
    const reaped = world.state.events.filter((it) => it.type === "session_reaped");
    expect(reaped.map((it) => it.facts["silent_since"])).toEqual([new Date(lastRenewal).toISOString()]);
    a?.requestStop();
    await world.passUntil("a to stop", 5_000, () => a?.agent === "stopped");
    a?.start();
    await world.passTo("10:02:00");
    const joined = world.state.events.filter((it) => it.type === "machine_joined" && it.facts["machine_id"] === "a");
    expect(joined.map((it) => "silent_since" in it.facts)).toEqual([false, false]);
  });

  test("watches its former session of another boot for a whole lease before it takes its number", async () => {
    const world = createWorld();
    const a = world.machine("a");
    a.start();
    await world.pass(5_000);
    const former = world.state.serials.get(1)?.session;
    a.crash();
    a.reboot();
    a.start();
    await world.pass(10_000);
    expect(world.state.serials.get(1)?.session).toBe(former);
    const tookMs = await world.passUntil("a new session", 10_000, () => {
      const session = world.state.serials.get(1)?.session;
      return session !== former && session !== null;
    });
    expect(tookMs).toBeGreaterThan(1_000);
    expect(world.serialOf("a")).toBe(1);
  });

  test("takes its former number again after its session was ended, though a lower one is free", async () => {
    const world = createWorld();
    const [a, , c] = await world.startFleet("a", "b", "c");
    c?.pause();
    await world.passUntil("c's session to be ended", 20_000, () => world.serialOf("c") === undefined);
    a?.requestStop();
    await world.pass(1_000);
    c?.resume();
    await world.pass(10_000);
    expect(world.serialOf("c")).toBe(3);
    expect(world.serialOf("a")).toBeUndefined();
  });

  test("refuses with exit 6 when its id lives elsewhere, and leaves the other alone", async () => {
    const world = createWorld();
    const [original] = await world.startFleet("a");
    const copy = world.machine("b", { machineId: "a" });
    copy.start();
    await world.pass(6_000);
    expect(exitCodeOf(copy)).toBe(EXIT.conflict);
    expect(copy.agent).toMatchObject({ failed: { message: expect.stringContaining("the id was copied") } });
    expect(original?.agent).toBe("running");
    expect(world.leader()).toBe("a");
  });

  test("holds one serial although the answer to its taking was lost", async () => {
    const world = createWorld();
    const a = world.machine("a");
    a.network.fate("serials.take", "reply lost", 2);
    a.start();
    await world.pass(5_000);
    expect([...world.state.serials.values()].filter((it) => it.session !== null)).toHaveLength(1);
    expect(world.leader()).toBe("a");
  });

  test("waits for a database that is away, and does not end", async () => {
    const world = createWorld();
    const a = world.machine("a");
    a.network.cut();
    a.start();
    await world.pass(120_000);
    expect(a.agent).toBe("running");
    a.network.mend();
    await world.pass(10_000);
    expect(world.leader()).toBe("a");
  });
});

describe("when every serial is taken", () => {
  test("a machine stands by, and joins as soon as one is free", async () => {
    const world = createWorld({ maxSerial: 2 });
    const [a] = await world.startFleet("a", "b");
    const c = world.machine("c");
    c.start();
    await world.pass(30_000);
    expect(c.agent).toBe("running");
    expect(world.serialOf("c")).toBeUndefined();
    expect(world.state.machines.get("c")?.state).toBe("standby");
    a?.requestStop();
    await world.pass(5_000);
    expect(world.serialOf("c")).toBe(1);
  });

  test("a machine that stands by takes the number of a dead one", async () => {
    const world = createWorld({ maxSerial: 1 });
    const [a] = await world.startFleet("a");
    const c = world.machine("c");
    c.start();
    await world.pass(3_000);
    a?.crash();
    await world.passUntil("c to lead", 17_000, () => world.leader() === "c");
    expect(world.serialOf("c")).toBe(1);
  });

  test("a machine that is not to wait ends with exit 7", async () => {
    const world = createWorld({ maxSerial: 1 });
    await world.startFleet("a");
    const c = world.machine("c");
    c.start({ noWait: true });
    await world.pass(1_000);
    expect(exitCodeOf(c)).toBe(EXIT.noSerial);
  });

  test("a machine that stands by stops when it is asked to", async () => {
    const world = createWorld({ maxSerial: 1 });
    await world.startFleet("a");
    const c = world.machine("c");
    c.start();
    await world.pass(3_000);
    c.requestStop();
    await world.pass(3_000);
    expect(c.agent).toBe("stopped");
  });
});
