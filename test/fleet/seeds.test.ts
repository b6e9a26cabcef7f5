import { expect, test } from "vitest";
import { play } from "./play.ts";

/** Others, or more of them: `npm run sim -- --seeds 500`. */
const SEEDS = [1, 2, 3];

test.each(SEEDS)("no promise is broken, whatever goes wrong (seed %i)", { timeout: 120_000 }, async (seed) => {
  const { violations, scenario, timeline, runs, faults } = await play(seed, 80);
  const story = `seed ${seed}; replay it: npm run sim -- --seed ${seed}\n${scenario}\n${timeline}`;
  expect(violations, `${story}`).toEqual([]);
  expect(runs, "the jobs ran").toBeGreaterThan(20);
  expect(Object.keys(faults), "things went wrong").not.toEqual([]);
});
