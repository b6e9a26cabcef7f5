import { beforeEach, describe, expect, test } from "vitest";
import type { RunId } from "../../src/model/run.ts";
import { MINUTE_MS } from "../../src/model/time.ts";
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

const backfill = (id: string, minutes: readonly string[], fields: Readonly<Record<string, unknown>> = {}) =>
  world.putCommand(id, {
    type: "backfill",
    target: "leader",
    args: { job: "job", times: minutes.map((it) => new Date(world.timeOf(it))) },
    ...fields,
  });
const made = () =>
  world
    .recordsOf("job")
    .filter((it) => it.trigger === "backfill")
    .map((it) => `${it.scope ?? "fleet"} ${new Date(it.scheduledFor).toISOString().slice(11, 16)} ${it.status}`);
const resultOf = (id: string, key = "leader") => world.ackOf(id, key)?.result;

/** A job that was switched off from 10:02 to 10:06. */
async function withGap(fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
  world.putJob("job", fields);
  await world.passTo("10:02:30");
  world.putJob("job", { ...fields, enabled: false });
  await world.passTo("10:06:30");
  world.putJob("job", fields);
  await world.passTo("10:08:30");
}

describe("a backfill", () => {
  test("runs what has no run, one after the other in order of time, and leaves out the rest with the reason", async () => {
    await withGap({ overlap: "allow" });
    world.target.on("/job", (arrival) => ({ afterMs: arrival.run.endsWith("|backfill") ? 2_000 : 0 }));
    backfill("fill", ["10:05", "10:02", "10:03", "10:04", "10:05:30".slice(0, 5), "10:59"]);
    await world.pass(12_000);
    expect(resultOf("fill")).toBe("started 3 runs; left out: 1 with a run, 1 in the future");
    expect(made()).toEqual(["fleet 10:03 ok", "fleet 10:04 ok", "fleet 10:05 ok"]);
    const arrivals = world.target.at("/job").filter((it) => it.run.endsWith("|backfill"));
    expect(arrivals.map((it) => it.run.slice(-"2026-03-02T10:03Z|fleet|backfill".length))).toEqual([
      "2026-03-02T10:03Z|fleet|backfill",
      "2026-03-02T10:04Z|fleet|backfill",
      "2026-03-02T10:05Z|fleet|backfill",
    ]);
    const gaps = arrivals.slice(1).map((it, index) => it.at - (arrivals[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000);
    expect(world.storyOf("job").filter((it) => it.startsWith("10:09"))).toEqual([]);
  });

  test("asked for twice runs nothing twice", async () => {
    await withGap();
    backfill("1-fill", ["10:03", "10:04"]);
    backfill("2-fill", ["10:03", "10:04", "10:05"]);
    await world.pass(10_000);
    expect(made()).toEqual(["fleet 10:03 ok", "fleet 10:04 ok", "fleet 10:05 ok"]);
    expect(resultOf("2-fill")).toBe("started 1 run; left out: 2 made up for before");
    expect(world.target.at("/job").filter((it) => it.run.endsWith("|backfill"))).toHaveLength(3);
  });

  test("leaves out what is so old that it may have run without a record of it", async () => {
    world = createWorld({ runs: { keepOkMs: 4 * MINUTE_MS } });
    await world.startFleet("a", "b");
    await withGap();
    // As MongoDB removes a record when its time has come.
    world.state.runs.delete(`job|2026-03-02T10:02Z|fleet` as RunId);
    backfill("fill", ["10:02", "10:03", "10:05"]);
    await world.pass(10_000);
    expect(made()).toEqual(["fleet 10:05 ok"]);
    expect(resultOf("fill")).toBe(
      "started 1 run; left out: 2 so old that the record of a run may be gone (runs.keep_ok_days, runs.keep_failed_days)",
    );
  });

  test("goes on elsewhere when the agent dies in it, in order and each once", async () => {
    await withGap({ timeout_sec: 60 });
    world.target.on("/job", (arrival) => ({ afterMs: arrival.run.endsWith("|backfill") ? 4_000 : 0 }));
    backfill("fill", ["10:03", "10:04", "10:05"]);
    await world.pass(2_000);
    a.crash();
    await world.pass(60_000);
    expect(made()).toEqual(["fleet 10:03 ok", "fleet 10:04 ok", "fleet 10:05 ok"]);
    const fills = world.target.at("/job").filter((it) => it.run.endsWith("|backfill"));
    // The first was sent before the death, and once more after it.
    expect(fills.map((it) => `${it.run.slice(15, 20)} ${it.machine}`)).toEqual([
      "10:03 a",
      "10:03 b",
      "10:04 b",
      "10:05 b",
    ]);
  });

  test("is done by the next leader when the first died before it answered, and nothing twice", async () => {
    await withGap();
    a.network.fate("commands.acknowledge", "request lost");
    backfill("fill", ["10:03", "10:04"]);
    await world.pass(3_000);
    a.crash();
    await world.passUntil("an answer", 40_000, () => resultOf("fill") !== undefined);
    await world.pass(20_000);
    expect(made()).toEqual(["fleet 10:03 ok", "fleet 10:04 ok"]);
    expect(world.target.at("/job").filter((it) => it.run.endsWith("|backfill"))).toHaveLength(2);
  });

  test("leaves to the schedule what it may still run by itself", async () => {
    a.network.fate("fleetCursors.move", "request lost");
    b.network.fate("fleetCursors.move", "request lost");
    world.putJob("job");
    await world.passTo("10:02:30");
    a.network.fate("fleetCursors.move", "answered");
    b.network.fate("fleetCursors.move", "answered");
    await world.passTo("10:03:01");
    a.network.fate("claims.insert", "request lost", 3);
    await world.passTo("10:04:00");
    backfill("fill", ["10:04"]);
    await world.pass(1_500);
    await world.passTo("10:05:30");
    const runs = world.recordsOf("job").filter((it) => it.scheduledFor === world.timeOf("10:04"));
    expect(runs).toHaveLength(1);
  });

  test("takes no part in the overlap of scheduled runs", async () => {
    await withGap();
    world.target.on("/job", (arrival) => ({ afterMs: arrival.run.endsWith("|backfill") ? 9_000 : 0 }));
    world.putJob("job", { timeout_sec: 60, overlap: "replace" });
    await world.pass(3_000);
    backfill(
      "fill",
      Array.from({ length: 4 }, (_, index) => `10:0${index + 3}`),
    );
    await world.passTo("10:10:30");
    expect(world.storyOf("job").filter((it) => /^10:(09|10)/.test(it))).toEqual(["10:09 ok", "10:10 ok"]);
    expect(made().map((it) => it.split(" ")[2])).toEqual(["ok", "ok", "ok", "ok"]);
  });

  test("of a job that runs on all machines is for machines that are named, each for itself", async () => {
    await withGap({ run_on: "all" });
    backfill("1-leader", ["10:03"]);
    backfill("2-all", ["10:02", "10:03"], { target: "all" });
    backfill("3-one", ["10:04"], { target: "b" });
    await world.pass(10_000);
    expect(resultOf("1-leader")).toContain("runs on all machines; send it to all");
    expect(made().toSorted()).toEqual(["a 10:03 ok", "b 10:03 ok", "b 10:04 ok"]);
    expect(resultOf("2-all", "a")).toBe("started 1 run; left out: 1 with a run");
  });

  test("waits within the catch-up window for a machine that may run it, however long its time is over", async () => {
    world.putJob("job", { schedule: "0 * * * *", where: { hostnames: ["a*"] }, timeout_sec: 300 });
    world.target.on("/job", (_arrival, nth) => (nth === 1 ? "hangs" : {}));
    await world.pass(2_000);
    backfill("fill", ["07:00", "08:00"], { target: "a" });
    await world.pass(2_000);
    a.crash();
    await world.pass(60_000);
    expect(made()).toEqual(["fleet 07:00 running", "fleet 08:00 waiting"]);
    a.start();
    await world.pass(60_000);
    expect(made()).toEqual(["fleet 07:00 ok", "fleet 08:00 ok"]);
  });

  test("says what is not due, and what job there is not", async () => {
    world.putJob("job", { schedule: "0 * * * *" });
    await world.pass(2_000);
    backfill("1-fill", ["09:00", "09:30"]);
    backfill("2-fill", ["09:00"], { args: { job: "nothing", times: [new Date(world.timeOf("09:00"))] } });
    await world.pass(5_000);
    expect(resultOf("1-fill")).toBe("started 1 run; left out: 1 not due by the present schedule");
    expect(world.ackOf("2-fill", "leader")).toMatchObject({ status: "failed" });
    expect(made()).toEqual(["fleet 09:00 ok"]);
  });
});
