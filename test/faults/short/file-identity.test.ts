import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { type Fleet, heldSerials, openFleet, TAKEOVER_MS_MAX } from "../../e2e/fleet.ts";
import type { AgentProcess } from "../../support/agent-process.ts";
import { report } from "../support/figures.ts";
import { needOtherBoot } from "../support/other-boot.ts";

async function oneAgent(context: TestContext): Promise<{ readonly fleet: Fleet; readonly first: AgentProcess }> {
  const fleet = await openFleet(context);
  const [first] = await fleet.startAgents(1);
  if (first === undefined) throw new Error("no agent");
  return { fleet, first };
}

async function homeWithIdOf(fleet: Fleet, agent: AgentProcess): Promise<string> {
  const home = await fleet.makeHome();
  await copyFile(join(agent.home, "machine.json"), join(home, "machine.json"));
  return home;
}

describe.concurrent("a machine id", () => {
  test("F38: in two containers of one image: the second one is refused with exit 6 and the first one keeps its serial", async (context) => {
    const { fleet, first } = await oneAgent(context);
    const copy = await homeWithIdOf(fleet, first);
    const { exitCode, stderr } = await (await fleet.startAgent(copy)).ended;
    expect(exitCode).toBe(6);
    expect(stderr).toContain("the id was copied");
    expect(await heldSerials(fleet.db)).toEqual(new Map([[first.machineId, 1]]));
    expect(first.lines.some((it) => it.event === "session_over")).toBe(false);
  });

  test("F38: after a reboot within a lease is accepted: the machine has its serial again when its former session is seen dead", async (context) => {
    const otherBoot = await needOtherBoot(context);
    const { fleet, first } = await oneAgent(context);
    first.signal("SIGKILL");
    await first.ended;
    const killedAt = performance.now();
    const again = await fleet.startAgent(first.home, { through: otherBoot.through });
    expect(await again.untilLogged("watching_former")).toMatchObject({ serial: 1 });
    const joined = await again.untilLogged("machine_joined", undefined, 3 * TAKEOVER_MS_MAX);
    expect(joined).toMatchObject({ serial: 1 });
    expect(again.machineId).toBe(first.machineId);
    report(context, { "joined after ms": Math.round(performance.now() - killedAt) });
  });
});

describe.concurrent("the files of an agent", () => {
  for (const { what, content, says } of [
    { what: "empty", content: "", says: "is empty" },
    { what: "no JSON", content: '{"machine_id": "', says: "holds no machine_id" },
    { what: "without an id", content: '{"machine_id": 5}', says: "holds no machine_id" },
  ]) {
    test(`F32: a machine id that is ${what} ends it with exit 2, says so, and is not replaced`, async (context) => {
      const fleet = await openFleet(context);
      const home = await fleet.makeHome();
      await writeFile(join(home, "machine.json"), content);
      const { exitCode, stderr } = await (await fleet.startAgent(home)).ended;
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`machine.json ${says}`);
      expect(await readFile(join(home, "machine.json"), "utf8")).toBe(content);
      expect(await heldSerials(fleet.db)).toEqual(new Map());
    });
  }

  test("F32: a machine id that nobody may write is as good as any", async (context) => {
    const fleet = await openFleet(context);
    const home = await fleet.makeHome();
    const id = randomUUID();
    await writeFile(join(home, "machine.json"), JSON.stringify({ machine_id: id }));
    await chmod(join(home, "machine.json"), 0o400);
    const agent = await fleet.startAgent(home);
    await agent.untilLogged("machine_joined");
    expect(agent.machineId).toBe(id);
  });

  test("F32: the lock of a killed agent holds up nobody: the next one in its home has the same serial", async (context) => {
    const { fleet, first } = await oneAgent(context);
    first.signal("SIGKILL");
    await first.ended;
    const killedAt = performance.now();
    const again = await fleet.startAgent(first.home);
    expect(await again.untilLogged("machine_joined")).toMatchObject({ serial: 1 });
    report(context, { "joined after ms": Math.round(performance.now() - killedAt) });
  });

  test("F32: a home that is missing is made; one that is a file ends the agent with exit 2", async (context) => {
    const fleet = await openFleet(context);
    const folder = await mkdtemp(join(tmpdir(), "fleetcron-homes-"));
    context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = join(await fleet.makeHome(), "fleetcron.config.json");
    const env = { FLEETCRON_CONFIG: config };
    const agent = await fleet.startAgent(join(folder, "not", "there"), { env });
    await agent.untilLogged("machine_joined");
    await writeFile(join(folder, "file"), "");
    const { exitCode, stderr } = await (await fleet.startAgent(join(folder, "file"), { env })).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toContain("is not a folder");
  });
});
