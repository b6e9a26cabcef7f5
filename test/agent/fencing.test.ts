import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../src/model/time.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

const TWO_STEPS = {
  actions: [
    { type: "http", url: "http://target.test/first" },
    { type: "http", url: "http://target.test/second" },
  ],
};

let world: World;
let brokenRules: readonly string[];

beforeEach(() => {
  world = createWorld();
  brokenRules = watchSends(world);
});

async function startAlone(): Promise<Machine> {
  const [a] = await world.startFleet("a");
  if (a === undefined) throw new Error("unreachable: one machine was started");
  return a;
}

const sentTo = (path: string) => world.target.at(path).map((it) => `${it.machine} attempt ${it.attempt}`);
const stateOf = (machine: string) => world.state.machines.get(machine)?.state;

describe("an agent whose renewals are not acknowledged", () => {
  test("begins no send when its trust is over, and goes on with the first renewal that matches", async () => {
    const a = await startAlone();
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 9_900 }));
    await world.passTo("10:01:00");
    a.network.fate("serials.renew", "request lost");
    await world.passTo("10:01:30");
    expect(sentTo("/first")).toEqual(["a attempt 1"]);
    expect(sentTo("/second")).toEqual([]);
    expect(world.runAt("job", "10:01").status).toBe("running");
    await world.passUntil("the report that it is fenced", 12_000, () => stateOf("a") === "fenced");
    a.network.fate("serials.renew", "answered");
    await world.passUntil("the run to end", 6_000, () => world.runAt("job", "10:01").status === "ok");
    expect(sentTo("/second")).toEqual(["a attempt 1"]);
    expect(world.state.events.filter((it) => it.type === "machine_fenced")).toHaveLength(1);
    expect(world.serialOf("a")).toBe(1);
  });

  test("renews within a heartbeat of the moment when MongoDB is back, however long it was away", async () => {
    const a = await startAlone();
    const heartbeat = () => world.state.serials.get(1)?.heartbeat;
    const waits: number[] = [];
    for (let away = 1; away <= 10; away++) {
      a.network.cut();
      await world.pass(MINUTE_MS + away * 700);
      const before = heartbeat();
      a.network.mend();
      waits.push(await world.passUntil("the renewal", 10_000, () => heartbeat() !== before));
    }
    // One try may have set out just before, and waits for its answer in vain.
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_000 + 1_000);
  });

  test("stores the result of a request that was under way when the trust ended", async () => {
    const a = await startAlone();
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 9_900, body: "done" }));
    await world.passTo("10:01:00");
    a.network.fate("serials.renew", "request lost");
    await world.passTo("10:01:20");
    expect(world.runAt("job", "10:01").steps[0]).toMatchObject({ status: "ok", responseSample: "done" });
  });

  test("does not lengthen its trust by a renewal that was acknowledged slowly", async () => {
    const a = await startAlone();
    world.putJob("job", { ...TWO_STEPS, timeout_sec: 60 });
    world.target.on("/first", () => ({ afterMs: 14_000 }));
    await world.passTo("10:01:00");
    // Each renewal takes longer than the trust that it brings.
    a.network.latencyMs = (operation) => (operation === "serials.renew" ? 9_500 : 0);
    await world.passTo("10:01:40");
    expect(world.runAt("job", "10:01").steps[0]?.status).toBe("ok");
    expect(world.state.serials.get(1)?.leaseUntil).toBeGreaterThan(world.timeOf("10:01:40"));
    expect(sentTo("/second")).toEqual([]);
  });

  test("trusts itself again only after a renewal when its wall clock jumps ahead", async () => {
    const a = await startAlone();
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 2_000 }));
    await world.passUntil("the first step", 60_000, () => sentTo("/first").length > 0);
    a.network.fate("serials.renew", "request lost");
    a.clock.jump(3_600_000);
    await world.pass(5_000);
    expect(sentTo("/second")).toEqual([]);
    a.network.fate("serials.renew", "answered");
    await world.passUntil("the second step", 6_000, () => sentTo("/second").length > 0);
  });
});

describe("a process that was stopped for 40 s", () => {
  test("begins no send when it wakes, joins anew, and finds its run finished by another", async () => {
    const [a, b] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 3_000 }));
    await world.passTo("10:01:01");
    const former = world.state.serials.get(1)?.session;
    a?.pause();
    await world.pass(40_000);
    expect(world.leader()).toBe("b");
    const before = world.target.arrivals.length;
    a?.resume();
    await world.pass(500);
    expect(world.target.arrivals.slice(before).filter((it) => it.machine === "a")).toEqual([]);
    await world.pass(10_000);
    expect(world.serialOf("a")).toBe(1);
    expect(world.state.serials.get(1)?.session).not.toBe(former);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 1, claimedBy: "b" });
    expect(sentTo("/first")).toEqual(["a attempt 1", "b attempt 2"]);
    expect(sentTo("/second")).toEqual(["b attempt 1"]);
    expect(b?.agent).toBe("running");
    expect(brokenRules).toEqual([]);
  });

  test("with nobody to end its session goes on with it, after a renewal", async () => {
    const a = await startAlone();
    world.putJob("job", { ...TWO_STEPS, timeout_sec: 60 });
    world.target.on("/first", () => ({ afterMs: 10_000 }));
    await world.passTo("10:01:01");
    const former = world.state.serials.get(1)?.session;
    a.pause();
    await world.pass(40_000);
    a.network.fate("serials.renew", "request lost", 1);
    a.resume();
    await world.pass(900);
    expect(sentTo("/second")).toEqual([]);
    await world.pass(8_000);
    expect(sentTo("/second")).toEqual(["a attempt 1"]);
    expect(world.state.serials.get(1)?.session).toBe(former);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0 });
  });
});

describe("an agent cut off from the database", () => {
  test("loses its session to the others, its runs go on there, and it comes back as another session", async () => {
    const [a] = await world.startFleet("a", "b", "c");
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 5_000 }));
    await world.passTo("10:01:01");
    a?.network.cut();
    await world.passUntil(
      "the run to end elsewhere",
      19_000 + 5_000,
      () => world.runAt("job", "10:01").status === "ok",
    );
    expect(world.runAt("job", "10:01").claimedBy).not.toBe("a");
    a?.network.mend();
    await world.passUntil("a to lead again", 15_000, () => world.leader() === "a");
    await world.passTo("10:03:30");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok", "10:03 ok"]);
    expect(sentTo("/second")).toHaveLength(3);
    expect(brokenRules).toEqual([]);
  });

  test("keeps its session, and its runs, when the cut was shorter than the lease", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    world.target.on("/first", () => ({ afterMs: 2_000 }));
    await world.passTo("10:01:01");
    const former = world.state.serials.get(1)?.session;
    a?.network.cut();
    await world.pass(7_000);
    a?.network.mend();
    await world.passUntil("the run to end", 10_000, () => world.runAt("job", "10:01").status === "ok");
    expect(world.state.serials.get(1)?.session).toBe(former);
    expect(world.target.arrivals.map((it) => it.machine)).toEqual(["a", "a"]);
    expect(world.runAt("job", "10:01").takeovers).toBe(0);
    expect(brokenRules).toEqual([]);
  });
});

describe("a claim whose answer was lost", () => {
  test("is found by the agent that made it, and run by it once", async () => {
    const a = await startAlone();
    world.putJob("job", TWO_STEPS);
    a.network.fate("claims.insert", "reply lost", 3);
    await world.passTo("10:01:40");
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", takeovers: 0, claimedBy: "a" });
    expect(world.target.arrivals).toHaveLength(2);
    expect(brokenRules).toEqual([]);
  });

  test("that takes effect after it was given up is found by its owner too", async () => {
    const a = await startAlone();
    world.putJob("job", TWO_STEPS);
    a.network.fate("claims.insert", "late", 1);
    await world.passTo("10:01:40");
    expect(world.storyOf("job")).toEqual(["10:01 ok"]);
    expect(world.target.arrivals).toHaveLength(2);
  });

  test("that takes effect after its agent died is handed to a living one", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", TWO_STEPS);
    await world.passTo("10:00:59");
    if (a === undefined) throw new Error("unreachable: two machines were started");
    a.network.fate("claims.insert", "late");
    a.network.lateMs = () => 8_000;
    await world.passTo("10:01:00");
    await world.pass(500);
    a.crash();
    await world.passTo("10:01:05");
    expect(world.storyOf("job")).toEqual([]);
    await world.passTo("10:02:40");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
    expect(world.runAt("job", "10:01")).toMatchObject({ takeovers: 1, claimedBy: "b" });
    expect(brokenRules).toEqual([]);
  });
});
