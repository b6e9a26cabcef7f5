import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../src/model/time.ts";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let machines: readonly Machine[];
let brokenRules: readonly string[];

beforeEach(async () => {
  world = createWorld({ runs: { stopGraceMs: 2_000 } });
  brokenRules = watchSends(world);
  machines = await world.startFleet("a", "b", "c");
});

const get = (path: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: "http",
  url: `http://target.test${path}`,
  ...fields,
});
const run = () => world.runAt("job", "10:01");
const isOver = () => !["running", "waiting"].includes(run().status);
const attemptsAt = (path: string) => world.target.at(path).map((it) => it.attempt);
const sender = () => machines.find((it) => it.name === world.target.arrivals.at(-1)?.machine);
const cancel = () =>
  world.putCommand("stop-it", { type: "cancel_run", target: "leader", args: { run: run().id, reason: "enough" } });

const JOB = {
  schedule: "1 10 * * *",
  run_timeout_sec: 120,
  actions: [
    {
      type: "for_each",
      in: ["x", "y", "z"],
      concurrency: 2,
      actions: [get("/submit/{{vars.item}}"), { type: "sleep", seconds: 3_600 }, get("/never")],
      finally: [get("/free/{{vars.item}}", { retry: { retries: 3, delay_sec: 1 } })],
    },
    get("/never"),
  ],
  on_failure: [get("/alert", { retry: { retries: 3, delay_sec: 1 } })],
  finally: [get("/unlock", { retry: { retries: 3, delay_sec: 1 } }), get("/close")],
};
const ENDS = { cancel: { status: "cancelled", alerts: [] }, "time limit": { status: "error", alerts: [1] } } as const;
const KINDS = Object.keys(ENDS) as (keyof typeof ENDS)[];

async function untilItCleansUp(kind: keyof typeof ENDS, path: string): Promise<void> {
  await world.passUntil("both items to sleep", 60_000, () => world.target.arrivals.length === 2);
  await world.pass(1_000);
  if (kind === "cancel") cancel();
  await world.passUntil("the cleaning up", 3 * MINUTE_MS, () => world.target.at(path).length > 0);
}

describe.each(KINDS)("after a %s", (kind) => {
  const { status, alerts } = ENDS[kind];

  test.each(["/free/x", "/free/y", "/unlock", "/close"])(
    "what an agent cleaned up when it died, at %s, another goes on with; nothing else is begun",
    async (path) => {
      world.putJob("job", JOB);
      world.target.on(path, (_, nth) => (nth === 1 ? "hangs" : {}));
      await untilItCleansUp(kind, path);
      sender()?.crash();
      await world.passUntil("the end", MINUTE_MS, isOver);
      expect(run()).toMatchObject({ status, takeovers: 1 });
      expect(brokenRules).toEqual([]);
      for (const it of ["/free/x", "/free/y", "/unlock", "/close"])
        expect([it, attemptsAt(it)]).toEqual([it, it === path ? [1, 2] : [1]]);
      expect(attemptsAt("/alert")).toEqual(alerts);
      expect([attemptsAt("/submit/z"), attemptsAt("/free/z"), attemptsAt("/never")]).toEqual([[], [], []]);
      expect(run().steps.filter((it) => /sending|waiting|running/.test(it.status))).toEqual([]);
    },
  );

  test("a clean stop in the middle of the cleaning up hands it on, and it counts no takeover while it only waits", async () => {
    world.putJob("job", JOB);
    world.target.on("/unlock", (_, nth) => (nth === 1 ? { status: 503 } : {}));
    await untilItCleansUp(kind, "/unlock");
    sender()?.requestStop();
    await world.passUntil("the end", MINUTE_MS, isOver);
    expect(run()).toMatchObject({ status, takeovers: 0 });
    expect([attemptsAt("/free/x"), attemptsAt("/free/y"), attemptsAt("/unlock")]).toEqual([[1], [1], [1, 2]]);
    expect([attemptsAt("/close"), attemptsAt("/alert")]).toEqual([[1], alerts]);
    expect(brokenRules).toEqual([]);
  });

  test("a cleaning up that kills each agent that does it comes to an end", async () => {
    world.putJob("job", { ...JOB, finally: [get("/unlock", { retry: { retries: 50, delay_sec: 1 } })] });
    world.target.on("/unlock", () => "hangs");
    await untilItCleansUp(kind, "/unlock");
    for (let deaths = 0; deaths < 12 && !isOver(); deaths++) {
      const before = attemptsAt("/unlock").length;
      const last = sender();
      last?.crash();
      await world.passUntil("another attempt", 2 * MINUTE_MS, () => isOver() || attemptsAt("/unlock").length > before);
      last?.start();
    }
    expect(isOver()).toBe(true);
    expect(attemptsAt("/unlock").length).toBeLessThanOrEqual(7);
    expect(brokenRules).toEqual([]);
  });

  test("a cleaning up without an end is over after ten minutes", async () => {
    world.putJob("job", { ...JOB, finally: [{ type: "sleep", seconds: 86_400 }] });
    await untilItCleansUp(kind, "/free/y");
    await world.pass(9 * MINUTE_MS);
    expect(isOver()).toBe(false);
    await world.pass(2 * MINUTE_MS);
    expect(run().status).toBe(status);
  });
});

test("a run that was handed over after its time begins nothing but its cleaning up", async () => {
  world.putJob("job", { ...JOB, actions: [get("/slow"), get("/never")] });
  world.target.on("/slow", () => "hangs");
  await world.passUntil("the request", 60_000, () => world.target.arrivals.length === 1);
  // Nobody is left until its time is over.
  for (const it of machines) it.crash();
  await world.pass(3 * MINUTE_MS);
  machines[1]?.start();
  await world.passUntil("the end", MINUTE_MS, isOver);
  expect(run()).toMatchObject({ status: "error", end: { reason: "run timed out after 120 s" } });
  expect([attemptsAt("/slow"), attemptsAt("/alert"), attemptsAt("/unlock")]).toEqual([[1], [1], [1]]);
  expect(brokenRules).toEqual([]);
});

test("a run that was claimed with no request to begin with, and lost at once, is begun by another", async () => {
  world.putJob("job", {
    schedule: "1 10 * * *",
    actions: [{ type: "for_each", in: ["x", "y"], actions: [get("/submit/{{vars.item}}")] }],
  });
  let claimant: string | undefined;
  world.acting = async (life, operation, act) => {
    const done = await act();
    const isClaim = operation.includes("claims.insert") && world.recordsOf("job").length > 0;
    if (claimant === undefined && isClaim) {
      claimant = life;
      machines.find((it) => it.life === life)?.crash();
    }
    return done;
  };
  await world.passUntil("the claim", 60_000, () => claimant !== undefined);
  expect(run()).toMatchObject({ steps: [] });
  await world.passUntil("the end", 20_000, isOver);
  expect(run()).toMatchObject({ status: "ok", takeovers: 1 });
  expect([attemptsAt("/submit/x"), attemptsAt("/submit/y")]).toEqual([[1], [1]]);
  expect(brokenRules).toEqual([]);
});
