import { expect, test } from "vitest";
import { openFleet } from "../../e2e/fleet.ts";
import { runProgram } from "../../support/agent-process.ts";
import { needFakeTime } from "../support/faketime.ts";
import { report } from "../support/figures.ts";

const HOUR_MS = 3_600_000;
const AGENTS = 3;

test("F29: a command of a writer whose clock is an hour off reaches each machine once", async (context) => {
  const fakeTime = needFakeTime(context);
  const fleet = await openFleet(context);
  const agents = await fleet.startAgents(AGENTS);
  const machines = new Set(agents.map((it) => it.machineId));
  const home = await fleet.makeHome();
  const commands = fleet.db.collection("commands");
  for (const [index, offByMs] of [-HOUR_MS, HOUR_MS].entries()) {
    const sentAt = performance.now();
    const sent = ["command", "send", "ping", "--to", "all"];
    expect(await runProgram(home, sent, fakeTime.shifted(offByMs))).toMatchObject({ exitCode: 0 });
    const stored = await commands.find().toArray();
    expect(stored.length).toBe(index + 1);
    for (const { _id } of stored) {
      const answers = await fleet.acks(String(_id), AGENTS);
      expect(answers.map((it) => it.status)).toEqual(Array(AGENTS).fill("ok"));
      expect(new Set(answers.map((it) => it.machine_id))).toEqual(machines);
    }
    report(context, {
      [`answered after ms, writer ${offByMs / HOUR_MS} h off`]: Math.round(performance.now() - sentAt),
    });
  }
  for (const agent of agents) expect(agent.lines.filter((it) => it.event === "command_done").length).toBe(2);
});
