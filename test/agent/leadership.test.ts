import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../support/fleet-world/world.ts";

/** ttl + 2 scans + 1 s. */
const NEW_LEADER_MS_MAX = 12_000 + 2 * 2_000 + 1_000;

let world: World;

beforeEach(() => {
  world = createWorld();
});

const termsOf = () =>
  world.state.events.filter((it) => it.type === "leader_changed").map((it) => `${it.facts["serial"]}`);

describe("the leader", () => {
  test("is the lowest serial, for good as long as it lives", async () => {
    await world.startFleet("a", "b", "c", "d");
    await world.pass(10 * 60_000);
    expect(world.leader()).toBe("a");
    expect(world.state.leader.term).toBe(1);
    expect(world.state.view.members.map((it) => it.machineId)).toEqual(["a", "b", "c", "d"]);
  });

  test.each([0, 700, 1_400, 2_100, 2_800])(
    "that dies %i ms after a full second is replaced by the next serial within 17 s, and its minute is not lost",
    async (ms) => {
      const [a] = await world.startFleet("a", "b", "c", "d");
      world.putJob("job");
      await world.passTo("10:00:57");
      await world.pass(ms);
      a?.crash();
      const tookMs = await world.passUntil("b to lead", NEW_LEADER_MS_MAX, () => world.leader() === "b");
      expect(tookMs).toBeGreaterThan(8_000);
      await world.pass(2_000);
      expect(world.storyOf("job")).toEqual(["10:01 ok"]);
      expect(world.state.view.members.map((it) => it.machineId)).toEqual(["b", "c", "d"]);
    },
  );

  test("that dies together with the first deputy is replaced by the second within the same time", async () => {
    const [a, b] = await world.startFleet("a", "b", "c", "d", "e");
    a?.crash();
    b?.crash();
    await world.passUntil("c to lead", NEW_LEADER_MS_MAX, () => world.leader() === "c");
    await world.pass(2_000);
    expect(world.serialOf("b")).toBeUndefined();
  });

  test("that dies together with both deputies is replaced one ttl later at most", async () => {
    const [a, b, c] = await world.startFleet("a", "b", "c", "d", "e", "f");
    for (const it of [a, b, c]) it?.crash();
    await world.passUntil("d to lead", NEW_LEADER_MS_MAX + 12_000, () => world.leader() === "d");
    await world.pass(16_000);
    expect(world.state.view.members.map((it) => it.machineId)).toEqual(["d", "e", "f"]);
  });

  test("that stops cleanly is replaced within two scans", async () => {
    const [a] = await world.startFleet("a", "b");
    a?.requestStop();
    await world.passUntil("the serial to be free", 1_000, () => world.serialOf("a") === undefined);
    await world.passUntil("b to lead", 2 * 2_000, () => world.leader() === "b");
    expect(a?.agent).toBe("stopped");
  });

  test("hands over to a lower serial that lives, and that one leads", async () => {
    const [a] = await world.startFleet("a", "b", "c");
    a?.crash();
    await world.passUntil("b to lead", NEW_LEADER_MS_MAX, () => world.leader() === "b");
    a?.start();
    await world.passUntil("a to lead again", 12_000, () => world.leader() === "a");
    expect(world.serialOf("a")).toBe(1);
    expect(termsOf()).toEqual(["1", "2", "1"]);
  });

  test("with a high serial sees every member: it hands over, and the view stays whole", async () => {
    await world.startFleet("a", "b", "c", "d", "e", "f");
    await world.pass(10_000);
    const last = world.state.view.members.at(-1);
    if (last === undefined) throw new Error("no member is published");
    const { version } = world.state.view;
    world.state.leader = { ...last, term: world.state.leader.term + 1 };
    await world.passUntil("another to lead", 2 * 2_000 + 3_000, () => world.leader() !== "f");
    await world.pass(10_000);
    expect(world.leader()).toBe("a");
    // Nobody came or went, so no other view was ever published.
    expect(world.state.view.version).toBe(version);
  });

  test("does not hand over to a serial that was taken and never renewed", async () => {
    const [a] = await world.startFleet("a", "b");
    a?.crash();
    await world.passUntil("b to lead", NEW_LEADER_MS_MAX, () => world.leader() === "b");
    const late = world.machine("late");
    late.network.fate("serials.renew", "request lost");
    late.start();
    await world.pass(60_000);
    expect(world.leader()).toBe("b");
    expect(termsOf()).toEqual(["1", "2"]);
  });

  test("is one, whatever answers to the moving of the leadership are lost", async () => {
    const names = ["a", "b", "c"];
    for (const name of names) {
      const it = world.machine(name);
      it.network.fate("leaders.move", "reply lost", 2);
      it.start();
    }
    await world.pass(30_000);
    expect(world.serialOf(world.leader() ?? "")).toBe(1);
    expect(world.state.leader.term).toBeLessThanOrEqual(3);
  });

  test("stays when its wall clock and those of all others leap", async () => {
    const machines = await world.startFleet("a", "b", "c");
    for (const [index, it] of machines.entries()) it.clock.jump((index - 1) * 3_600_000);
    await world.pass(60_000);
    expect(world.leader()).toBe("a");
    expect(world.state.leader.term).toBe(1);
    expect(["a", "b", "c"].map((it) => world.serialOf(it))).toEqual([1, 2, 3]);
  });

  test("is kept, and nobody's session ended, while the server's clock leaps an hour ahead and back", async () => {
    await world.startFleet("a", "b", "c");
    world.leapServerClock(3_600_000);
    await world.pass(60_000);
    world.leapServerClock(-3_600_000);
    await world.pass(60_000);
    expect(world.leader()).toBe("a");
    expect(world.state.events.filter((it) => it.type === "session_reaped")).toEqual([]);
  });

  test("is replaced also when the server's clock went back an hour while it died", async () => {
    const [a] = await world.startFleet("a", "b");
    await world.pass(10_000);
    a?.crash();
    world.leapServerClock(-3_600_000);
    await world.passUntil("b to lead", NEW_LEADER_MS_MAX, () => world.leader() === "b");
    expect(world.serialOf("a")).toBeUndefined();
  });
});
