import { expect, test } from "vitest";
import { heldSerials, openFleet } from "../../e2e/fleet.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import { report, spreadOf } from "../support/figures.ts";

/** Many processes on one machine: the default lease gives them time. */
const LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };
const TAKEOVER_MS_MAX = 17_000;
const AGENTS = 50;
const KILLED = [3, 17, 42];
const START_MS_MAX = 180_000;

test("F15, F16: 50 agents that start together hold 1 to 50; others stand by, and get the numbers of the dead", {
  timeout: 400_000,
}, async (context) => {
  const fleet = await openFleet(context, { config: { lease: LEASE, max_serial: AGENTS } });
  const startedAt = performance.now();
  const agents = await Promise.all(Array.from({ length: AGENTS }, () => fleet.startAgent()));
  const joined = await Promise.all(agents.map((it) => it.untilLogged("machine_joined", undefined, START_MS_MAX)));
  const startMs = Math.round(performance.now() - startedAt);
  const numbers = (lines: readonly { readonly [field: string]: unknown }[]) =>
    lines.map((it) => Number(it["serial"])).toSorted((a, b) => a - b);
  const all = Array.from({ length: AGENTS }, (_, index) => index + 1);
  expect(numbers(joined)).toEqual(all);

  const waiting = await Promise.all(KILLED.map(() => fleet.startAgent()));
  await Promise.all(waiting.map((it) => it.untilLogged("standby", undefined, START_MS_MAX)));
  expect([...(await heldSerials(fleet.db)).values()].toSorted((a, b) => a - b)).toEqual(all);
  const serials = await heldSerials(fleet.db);
  const dead = agents.filter((it) => KILLED.includes(serials.get(it.machineId) ?? 0));
  for (const agent of dead) agent.signal("SIGKILL");
  const [killedAt, killedWall] = [performance.now(), Date.now()];
  const heirs = await Promise.all(
    waiting.map((it) => it.untilLogged("machine_joined", undefined, 3 * TAKEOVER_MS_MAX)),
  );
  expect(performance.now() - killedAt).toBeLessThan(3 * TAKEOVER_MS_MAX);
  expect(numbers(heirs)).toEqual(KILLED);
  expect(overs(agents.filter((it) => !dead.includes(it)))).toEqual([]);
  const { p50, max } = spreadOf(heirs.map((it) => Date.parse(it.time) - killedWall));
  report(context, { "50 processes joined after ms": startMs, "numbers of the dead taken after ms, p50": p50, max });
});

const overs = (agents: readonly AgentProcess[]) =>
  agents.flatMap((it) => it.lines.filter((line) => line.event === "session_over"));
