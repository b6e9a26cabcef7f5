import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import type { Fate } from "../support/fleet-world/network.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];
let a: Machine;

beforeEach(async () => {
  world = createWorld();
  brokenRules = watchSends(world);
  [a] = (await world.startFleet("a", "b")) as [Machine, Machine];
});

/** The schedules that came into force, each with the machine that moved the cursor there. */
function noteEdits(): string[] {
  const edits: string[] = [];
  let last: string | null | undefined;
  world.acting = async (life, _operation, act) => {
    const answer = await act();
    const schedule = world.state.cursors.get("job|fleet")?.schedule;
    if (schedule !== undefined && schedule !== last) edits.push(life.slice(0, 1));
    last = schedule;
    return answer;
  };
  return edits;
}

/** From now on this machine reads no jobs any more; nothing else is the matter with it. */
function readsNoJobs(machine: Machine, fate: Fate): void {
  machine.network.fate("jobs.readAll", fate);
}

describe("F37: a machine that can't read the jobs any more", () => {
  test.each<Fate>(["request lost", "refused"])(
    "and leads takes no edit back that another made known (%s): it settles what the cursor stands for",
    async (fate) => {
      world.putJob("job", { schedule: "*/2 * * * *", catch_up: "all", overlap: "allow" });
      await world.passTo("10:02:30");
      a.pause();
      await world.passUntil("b to lead", 17_000, () => world.leader() === "b");
      readsNoJobs(a, fate);
      const edits = noteEdits();
      world.putJob("job", { schedule: "1-59/2 * * * *", catch_up: "all", overlap: "allow" });
      await world.passTo("10:03:30");
      expect(edits).toHaveLength(2);
      a.resume();
      await world.passUntil("a to lead", 30_000, () => world.leader() === "a");
      await world.passTo("10:09:30");
      expect(edits).toHaveLength(2);
      expect(world.storyOf("job")).toEqual(["10:02 ok", "10:03 ok", "10:05 ok", "10:07 ok", "10:09 ok"]);
      expect(brokenRules).toEqual([]);
    },
  );
});
