import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { losePrimary } from "../support/lose-primary.ts";
import type { Mongod } from "../support/mongod.ts";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.ts";

/** The rows' bounds until writes go on. */
const STEP_DOWN_MS = 2_000;
const KILL_MS = 5_000;

let set: ReplicaSet;
beforeAll(async () => {
  set = await startReplicaSet({ electionTimeoutMs: 2_000 });
});
afterAll(() => set.stop());

describe("when the primary of a replica set is lost in the middle of work", () => {
  test("F1: after a step-down every run goes on by itself, no step is sent twice and nothing acknowledged is lost", async (context) => {
    const gapMs = await losePrimary(context, set, { boundMs: STEP_DOWN_MS, lose: () => set.stepDown() });
    expect(gapMs).toBeLessThan(3 * STEP_DOWN_MS);
  });

  test("F2: after kill -9 every run goes on by itself, no step is sent twice and nothing acknowledged is lost", async (context) => {
    let dead: Mongod | undefined;
    const gapMs = await losePrimary(context, set, {
      boundMs: KILL_MS,
      async lose(primary) {
        dead = primary;
        await primary.kill();
      },
    });
    expect(gapMs).toBeLessThan(3 * KILL_MS);
    await dead?.restart();
    await set.untilWhole();
  });
});
