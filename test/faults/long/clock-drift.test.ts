import { expect, test } from "vitest";
import { HANDED_ON_MS_MAX, openFleet } from "../../e2e/fleet.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { arrivedTwice } from "../../support/target.ts";
import { post } from "../support/chains.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report, spreadOf } from "../support/figures.ts";

/** How the clock of each agent is wrong: off by so much, and this fast. */
const CLOCKS = [
  { offMs: 300_000, rate: 1.05 },
  { offMs: -300_000, rate: 0.95 },
  { offMs: 300_000, rate: 0.95 },
  { offMs: -300_000, rate: 1.05 },
] as const;
const MINUTE_MS = 60_000;
const MINUTES = 4;
const JOBS = 20;
/** The leader dies so long before the second and the third minute. */
const KILLED_BEFORE_MS = 1_500;

test("F10: agents whose clocks are 5 minutes off and 5 % wrong start each occurrence once, in time, and lose no session", {
  timeout: 600_000,
}, async (context) => {
  const fakeTime = needFakeTime(context);
  const fleet = await openFleet(context, { config: { runs: { max_per_host: 64 } } });
  const { target } = fleet;
  const start = async ({ offMs, rate }: (typeof CLOCKS)[number], home?: string) => {
    const agent = await fleet.startAgent(home, { env: fakeTime.drifting(offMs, rate) });
    await agent.untilLogged("machine_joined");
    return agent;
  };
  const everybody: AgentProcess[] = [];
  const living: AgentProcess[] = [];
  for (const clock of CLOCKS) living.push(await start(clock));
  everybody.push(...living);
  await fleet.leaderOf(living);
  const names = Array.from({ length: JOBS }, (_, index) => `every-minute-${index}`);
  for (const name of names)
    await fleet.putJob({ name, schedule: "* * * * *", actions: [post(target, name, { retries: 1 })] });
  await eventually("plan of every job", MINUTE_MS, async () =>
    (await fleet.db.collection("job_state").countDocuments({ schedule: { $type: "string" } })) === JOBS
      ? true
      : undefined,
  );
  const first = Math.ceil((Date.now() + 2_000) / MINUTE_MS) * MINUTE_MS;
  const until = (moment: number) =>
    eventually("moment", 2 * MINUTE_MS, () => (Date.now() >= moment ? true : undefined));

  const killed = new Set<AgentProcess>();
  for (let minute = 0; minute < MINUTES; minute++) {
    const due = first + minute * MINUTE_MS;
    if (minute === 1 || minute === 2) {
      await until(due - KILLED_BEFORE_MS);
      const leader = await fleet.leaderOf(living);
      leader.signal("SIGKILL");
      killed.add(leader);
      const index = living.indexOf(leader);
      const clock = CLOCKS[everybody.indexOf(leader) % CLOCKS.length] ?? CLOCKS[0];
      await until(due + HANDED_ON_MS_MAX);
      const again = await start(clock, leader.home);
      living[index] = again;
      everybody[everybody.indexOf(leader)] = again;
    }
    await until(due + 3 * HANDED_ON_MS_MAX);
  }

  const lateMs: number[] = [];
  for (const name of names) {
    const arrivals = target.at(`/${name}`).filter((it) => it.attempt === 1);
    const times = arrivals.map((it) => Date.parse(it.headers["x-fleetcron-scheduled-for"] ?? ""));
    const inTime = times.filter((it) => it >= first && it < first + MINUTES * MINUTE_MS).toSorted((a, b) => a - b);
    expect(inTime).toEqual(Array.from({ length: MINUTES }, (_, index) => first + index * MINUTE_MS));
    lateMs.push(...arrivals.map((it, index) => it.at - (times[index] ?? 0)));
  }
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateMs)).toBeLessThan(3 * HANDED_ON_MS_MAX);
  expect(arrivedTwice(target.arrivals)).toEqual([]);
  const lost = everybody.flatMap((it) => it.lines.filter((line) => line.event === "session_over"));
  expect(lost).toEqual([]);
  const { p50, max } = spreadOf(lateMs);
  report(context, {
    occurrences: JOBS * MINUTES,
    "leaders killed": killed.size,
    "started late p50 ms": p50,
    "max ms": max,
  });
});
