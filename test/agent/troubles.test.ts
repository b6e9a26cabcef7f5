import { beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import { StoreRefusedError } from "../../src/model/errors.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let a: Machine;

beforeEach(() => {
  world = createWorld();
  brokenRules = watchSends(world);
  a = world.machine("a");
});

const refuse = (operation: string): never => {
  throw new StoreRefusedError(operation, "injected by a test", undefined);
};
const MINUTES = ["10:01 ok", "10:02 ok", "10:03 ok"];

describe("one job for which MongoDB refuses", () => {
  async function startWith(adapt: (stores: FleetStores) => Partial<FleetStores>): Promise<void> {
    a.start({ adapt: (stores) => ({ ...stores, ...adapt(stores) }) });
    for (const job of ["first", "bad", "last"]) world.putJob(job, { retry: { retries: 0 } });
    await world.passTo("10:03:30");
  }

  function expectOthersUnharmed(): void {
    for (const job of ["first", "last"]) {
      expect(world.storyOf(job)).toEqual(MINUTES);
      expect(world.target.at(`/${job}`)).toHaveLength(3);
    }
    for (const it of world.target.arrivals) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(world.target.at("/bad")).toEqual([]);
    expect(brokenRules).toEqual([]);
  }

  test("the revision stops no other", async () => {
    await startWith(({ revisions }) => ({
      revisions: {
        read: (revision) => revisions.read(revision),
        keep: async (documents) =>
          documents.some((it) => it.id === "bad") ? refuse("revisions.keep") : revisions.keep(documents),
      },
    }));
    expect(a.agent).toBe("running");
    expectOthersUnharmed();
  });

  test("the claim stops no other, though those beside it in the same insert were taken", async () => {
    world = createWorld({ runs: { maxConcurrent: 3 } });
    brokenRules = watchSends(world);
    a = world.machine("a");
    await startWith(({ claims }) => ({
      claims: {
        liveRuns: (jobs, scope) => claims.liveRuns(jobs, scope),
        firstRecordIn: (...window) => claims.firstRecordIn(...window),
        runsAmong: (ids) => claims.runsAmong(ids),
        async insert(records) {
          const outcomes = await claims.insert(records.filter((it) => it.jobId !== "bad"));
          return outcomes.length < records.length ? refuse("claims.insert") : outcomes;
        },
      },
    }));
    expect(a.agent).toBe("running");
    expectOthersUnharmed();
  });

  test("the moving of the cursor stops no other, and costs no more than that", async () => {
    await startWith(({ fleetCursors }) => ({
      fleetCursors: {
        read: (jobs) => fleetCursors.read(jobs),
        move: async (moves) =>
          moves.some((it) => it.jobId === "bad") ? refuse("fleetCursors.move") : fleetCursors.move(moves),
      },
    }));
    expect(a.agent).toBe("running");
    expectOthersUnharmed();
  });

  test("for a time is caught up afterwards", async () => {
    let isRefused = true;
    a.start({
      adapt: (stores) => ({
        ...stores,
        claims: {
          liveRuns: (jobs, scope) => stores.claims.liveRuns(jobs, scope),
          firstRecordIn: (...window) => stores.claims.firstRecordIn(...window),
          runsAmong: (ids) => stores.claims.runsAmong(ids),
          insert: async (records) => (isRefused ? refuse("claims.insert") : stores.claims.insert(records)),
        },
      }),
    });
    world.putJob("job");
    await world.passTo("10:03:30");
    expect(world.storyOf("job")).toEqual([]);
    isRefused = false;
    await world.passTo("10:05:30");
    expect(world.storyOf("job")).toEqual(["10:01 missed", "10:02 missed", "10:03 ok", "10:04 ok", "10:05 ok"]);
    expect(world.log.filter((it) => it.facts["event"] === "job_set_aside" && it.level === "error")).toHaveLength(1);
  });

  test("the writes of its runs stops no other run", async () => {
    await startWith(({ runs }) => ({
      runs: {
        write: async (writes) =>
          writes.some((it) => it.hold.id.startsWith("bad")) ? refuse("runs.write") : runs.write(writes),
      },
    }));
    for (const job of ["first", "last"]) expect(world.storyOf(job)).toEqual(MINUTES);
    const attempts = world.target.at("/bad").map((it) => `${it.run} ${it.attempt}`);
    expect(new Set(attempts).size).toBe(attempts.length);
    expect(brokenRules).toEqual([]);
  });
});

describe("a job", () => {
  test("that hangs, fails or is invalid delays no other", async () => {
    await world.startFleet("a");
    world.target.on("/hangs", () => "hangs");
    world.target.on("/fails", () => ({ status: 500 }));
    world.putJob("hangs", { timeout_sec: 50 });
    world.putJob("fails");
    world.putJob("invalid", { schedule: "at noon" });
    world.putJob("undefined-secret", { url: "{{NOTHING}}/x" });
    world.putJob("good");
    await world.passTo("10:03:30");
    expect(world.storyOf("good")).toEqual(MINUTES);
    for (const it of world.target.at("/good")) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(world.storyOf("undefined-secret")).toEqual(["10:01 error", "10:02 error", "10:03 error"]);
  });
});

describe("what MongoDB refuses to one loop stops no other", () => {
  test.each([
    "leaders.read",
    "leaders.publish",
    "takeovers.liveHoldsOf",
    "takeovers.sessionsWithLiveRuns",
    "machines.report",
    "commands.readUnknown",
    "commands.see",
    "jobHealth.publish",
    "jobHealth.noteEnd",
    "machineCursors.read",
    "jobs.readAll",
  ])("%s", async (operation) => {
    a.start();
    world.putJob("job");
    await world.passTo("10:00:50");
    a.network.fate(operation, "refused");
    await world.passTo("10:03:30");
    expect(a.agent).toBe("running");
    expect(world.storyOf("job")).toEqual(MINUTES);
    expect(world.serialOf("a")).toBe(1);
    a.requestStop();
    await world.pass(15_000);
    expect(a.agent).toBe("stopped");
    expect(world.serialOf("a")).toBeUndefined();
  });

  test("serials.renew: the agent is fenced while it lasts, and goes on afterwards", async () => {
    a.start();
    world.putJob("job");
    await world.passTo("10:00:50");
    a.network.fate("serials.renew", "refused");
    await world.passTo("10:01:30");
    expect(world.target.arrivals).toEqual([]);
    a.network.fate("serials.renew", "answered");
    await world.passTo("10:02:30");
    expect(a.agent).toBe("running");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
  });

  test("serials.take: an agent that lost its session tries on until it may join again", async () => {
    const [first] = await world.startFleet("b", "c");
    world.putJob("job");
    first?.network.fate("serials.take", "refused");
    first?.pause();
    await world.pass(40_000);
    first?.resume();
    await world.pass(20_000);
    expect(first?.agent).toBe("running");
    expect(world.serialOf("b")).toBeUndefined();
    first?.network.fate("serials.take", "answered");
    await world.pass(10_000);
    expect(world.serialOf("b")).toBe(1);
  });

  test("serials.release: the agent stops all the same", async () => {
    a.start();
    await world.pass(5_000);
    a.network.fate("serials.release", "refused");
    a.requestStop();
    await world.pass(6_000);
    expect(a.agent).toBe("stopped");
  });

  test("a run whose job can't be read is handed on no later than the others", async () => {
    const [leader, b] = await world.startFleet("b", "c");
    for (const job of ["bad", "good"]) {
      world.putJob(job, { schedule: "1 * * * *" });
      world.target.on(`/${job}`, (_, nth) => (nth === 1 ? "hangs" : {}));
    }
    await world.passTo("10:01:02");
    // From now on both are former revisions, which must be read.
    for (const job of ["bad", "good"]) world.putJob(job, { schedule: "2 2 2 2 *" });
    await world.pass(1_000);
    b?.network.fate("revisions.read", "refused", 1);
    leader?.crash();
    await world.passTo("10:01:30");
    expect(world.storyOf("good")).toEqual(["10:01 ok"]);
    expect(world.storyOf("bad")).toEqual(["10:01 ok"]);
    expect(brokenRules).toEqual([]);
  });
});

describe("while MongoDB is away for everybody", () => {
  test("nothing is sent, nobody ends, and everything due is caught up once", async () => {
    const machines = await world.startFleet("b", "c", "d");
    world.putJob("job");
    await world.passTo("10:01:30");
    for (const it of machines) it.network.cut();
    await world.passTo("10:04:30");
    expect(world.target.arrivals).toHaveLength(1);
    for (const it of machines) it.network.mend();
    await world.passTo("10:06:30");
    expect(world.storyOf("job")).toEqual([
      "10:01 ok",
      "10:02 missed",
      "10:03 missed",
      "10:04 ok",
      "10:05 ok",
      "10:06 ok",
    ]);
    expect(machines.map((it) => it.agent)).toEqual(["running", "running", "running"]);
    expect(world.state.events.filter((it) => it.type === "session_reaped")).toEqual([]);
    expect(world.leader()).toBe("b");
    expect(brokenRules).toEqual([]);
  });
});
