import { describe, expect, test } from "vitest";
import type { Step } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { RunRecord } from "../../src/ports/run-history.ts";
import { innerStep, step } from "../conformance/samples.ts";
import { addMachine, addRun, NOW } from "./fake-fleet.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const inSec = (sec: number) => (NOW + sec * 1_000) as EpochMs;
const RULE = 'step 4 "result" failed: $.provision_status must equal 0, got 1';

function terminalWith(steps: readonly Step[], facts: Partial<RunRecord> = {}): Terminal {
  const terminal = createTerminal();
  addMachine(terminal.fleet, "web-1", 1);
  addRun(terminal.fleet, "lab", { status: "running", endAt: undefined, steps, ...facts });
  return terminal;
}

/** What stands below the facts of the run. */
async function stepsShown(terminal: Terminal, ...flags: string[]): Promise<readonly string[]> {
  const { stdout } = await terminal.run("run", "show", "lab", ...flags);
  const lines = stdout.trimEnd().split("\n");
  return lines.slice(lines.indexOf("") + 1);
}

describe("run show of a run that goes on", () => {
  test("tells of each step what it waits for, what went wrong so far and what it took out of its answer", async () => {
    const values = { id: "j-1", "json$.id": "j-1" };
    const terminal = terminalWith([
      step(0, { name: "submit", status: "ok", statusCode: 201, elapsedMs: 35, values }),
      step(1, { name: "retry", status: "waiting", statusCode: 503, error: "status 503", nextAttemptAt: inSec(3_480) }),
      step(2, { name: "poll", status: "waiting", statusCode: 204, attempts: 0, polls: 16, nextAttemptAt: inSec(12) }),
      step(3, { name: "poll again", status: "waiting", attempts: 1, polls: 2, nextAttemptAt: inSec(86_400) }),
      step(4, { name: "sleep 1 h", status: "waiting", attempts: 0, nextAttemptAt: inSec(3_600) }),
      step(5, { name: "polled", status: "ok", polls: 40 }),
      step(6, { name: "guarded", status: "skipped_when", attempts: 0 }),
      step(7, { name: "tell", status: "sending", attempts: 2, part: "on_failure" }),
      step(8, { name: "log out", status: "sending", part: "finally" }),
    ]);
    expect(await stepsShown(terminal)).toEqual([
      "#  STEP               STATUS   HTTP  ATTEMPTS  TOOK",
      "1  submit             ok       201   1         35 ms",
      '   captured id = "j-1"',
      "2  retry              waiting  503   1         -",
      "   attempt 2 at 14:58:00 (in 58 min)",
      "   status 503",
      "3  poll               waiting  204   -         -",
      "   poll 17 at 14:00:12 (in 12 s)",
      "4  poll again         waiting  -     1         -",
      "   poll 3, attempt 2 at 2026-11-22 14:00:00 (in 24 h)",
      "5  sleep 1 h          waiting  -     -         -",
      "   waits until 15:00:00 (in 1 h)",
      "6  polled             ok       -     1         -",
      "   after 41 polls",
      "7  guarded            skipped  -     -         -",
      "8  tell (on failure)  sending  -     2         -",
      "   attempt 2",
      "9  log out (finally)  sending  -     1         -",
    ]);
  });

  test("shows the steps of a called job below it", async () => {
    const terminal = terminalWith([
      step(0, { name: "clean", status: "running", attempts: 0 }),
      innerStep("0", 0, { name: "login", status: "ok", statusCode: 200, responseSample: "hello" }),
      innerStep("0", 1, { name: "sweep" }),
    ]);
    expect(await stepsShown(terminal)).toEqual([
      "#    STEP   STATUS   HTTP  ATTEMPTS  TOOK",
      "1    clean  running  -     -         -",
      "1.1  login  ok       200   1         -",
      "1.2  sweep  sending  -     1         -",
      "",
      "answer to step 1.1",
      "  hello",
    ]);
  });
});

describe("run show of a run over 1,000 items with 20 % failures", () => {
  const nameOf = (item: number) => `machine-${String(item).padStart(4, "0")}.rack-17.site-seoul.example.org`;
  const ended = (item: number) =>
    item % 5 === 4
      ? {
          status: "error" as const,
          statusCode: 200,
          error: `${RULE}; ${"and so on ".repeat(50)}`,
          responseSample: "{}",
        }
      : { status: "ok" as const };
  const UNDER_WAY = 25;
  const items = Array.from({ length: 1_000 - UNDER_WAY }, (_, item) =>
    innerStep("1", item, { name: nameOf(item), attempts: 4, elapsedMs: 1_234, ...ended(item) }),
  );
  const open = Array.from({ length: UNDER_WAY }, (_, index) => 1_000 - UNDER_WAY + index).flatMap((item) => [
    innerStep("1", item, { name: nameOf(item), status: "running", attempts: 0 }),
    innerStep(`1/${item}`, 0, { name: "submit", status: "ok", statusCode: 200 }),
    innerStep(`1/${item}`, 1, { name: "poll", status: "waiting", attempts: 0, polls: 3, nextAttemptAt: inSec(30) }),
  ]);
  const counts = { total: 1_000, ok: 780, failed: 195, skipped: 0 };
  const loop = step(1, { name: "machines", status: "running", attempts: 0, items: counts });
  const steps = [step(0, { name: "list", status: "ok" }), loop, ...items, ...open];

  test.each([80, 160])("is a page that fits a terminal of %i columns", async (columns) => {
    const terminal = terminalWith(steps);
    terminal.columns = columns;
    const lines = await stepsShown(terminal);
    expect(Math.max(...lines.map((it) => it.length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(100);
    expect(lines[3]).toBe("       780 ok, 195 failed, 25 to go of 1,000");
    expect(lines.filter((it) => / error +200 +4 +1\.2 s$/.test(it))).toHaveLength(20);
    expect(lines.join(" ").replaceAll(/\s+/g, " ").split(RULE)).toHaveLength(21);
    expect(lines).toContain("       and 175 more failed; --all shows them");
    expect(lines).toContain("       2.976.2 poll: poll 4 at 14:00:30 (in 30 s)");
    expect(lines.at(-1)).toBe("       and 15 more under way; --all shows them");
  });

  test("is whole with --all, each error to its end, and breaks no line where stdout is no terminal", async () => {
    const lines = await stepsShown(terminalWith(steps), "--all");
    expect(lines.filter((it) => it.trim() === `${RULE}; ${"and so on ".repeat(50)}`.trim())).toHaveLength(195);
    expect(lines.filter((it) => it.includes("machine-"))).toHaveLength(1_000);
    expect(lines.filter((it) => it.startsWith("answer to step 2."))).toHaveLength(195);
    expect(lines.filter((it) => /^2\.\d+\.2 +poll/.test(it))).toHaveLength(UNDER_WAY);
  });

  test("is the whole tree for programs", async () => {
    const vars = Object.assign(Object.create(null), { big: 9_007_199_254_740_993n });
    const { stdout } = await terminalWith(steps, { vars }).run("run", "show", "lab", "--output", "json");
    expect(stdout).toContain('"big": 9007199254740993');
    const { steps: tree } = JSON.parse(stdout) as { steps: { steps: { key: string; steps?: object[] }[] }[] };
    expect(tree).toHaveLength(2);
    expect(tree[0]).not.toHaveProperty("steps");
    expect(tree[1]).toMatchObject({ key: "1", items: counts });
    expect(tree[1]?.steps.map((it) => it.key)).toEqual(Array.from({ length: 1_000 }, (_, item) => `1/${item}`));
    expect(tree[1]?.steps[4]).toMatchObject({
      name: nameOf(4),
      status: "error",
      status_code: 200,
      response_sample: "{}",
    });
    expect(tree[1]?.steps.at(-1)?.steps).toMatchObject([{ key: "1/999/0" }, { key: "1/999/1", polls: 3 }]);
  });

  test("does not speak of items as under way when the run is over", async () => {
    const lines = await stepsShown(terminalWith(steps, { status: "interrupted" }));
    expect(lines.at(-1)).toBe("       and 15 more that did not end; --all shows them");
  });
});
