import { setTimeout as pause } from "node:timers/promises";
import type { Document } from "mongodb";
import type { TestContext } from "vitest";
import type { AgentProcess } from "../../support/agent-process.ts";
import { type Fleet, openFleet } from "../../e2e/fleet.ts";
import { type Links, openLinks } from "../support/links.ts";
import type { ReplicaSet } from "../support/replica-set.ts";
import { databaseOn } from "../support/steady-work.ts";
import type { Death } from "./takeover-times.ts";

const LEASE = { heartbeat_sec: 0.75, ttl_sec: 3, guard_sec: 0.75 };

/** One machine of the fleet, with ways of its own to MongoDB; its process may be another after a death. */
export interface SoakMachine {
  readonly id: string;
  readonly links: Links;
  readonly agent: AgentProcess;
  /** Kills it; it is started again after that time. */
  die(forMs: number): Promise<void>;
  sleep(forMs: number): Promise<void>;
}

export interface SoakFleet {
  readonly fleet: Fleet;
  readonly machines: readonly SoakMachine[];
  /** The one that leads, as far as anybody knows. */
  leader(): Promise<SoakMachine | undefined>;
  readonly deaths: readonly Death[];
  readonly wakeUps: readonly { readonly machine: string; readonly at: number }[];
}

/** Resolves when every agent has joined. */
export async function startSoakFleet(context: TestContext, set: ReplicaSet, count: number): Promise<SoakFleet> {
  const fleet = await openFleet(context, {
    database: databaseOn(set.uri),
    config: {
      lease: LEASE,
      runs: { max_concurrent: 200, max_per_host: 200 },
      log: { level: "info", format: "json" },
    },
  });
  const deaths: Death[] = [];
  const wakeUps: { readonly machine: string; readonly at: number }[] = [];

  async function startMachine(): Promise<SoakMachine> {
    const links = await openLinks(set.ports);
    context.onTestFinished(() => links.close());
    let agent = await fleet.startAgent(undefined, { env: links.env });
    await agent.untilLogged("machine_joined");
    const { machineId, home } = agent;
    return {
      id: machineId,
      links,
      get agent() {
        return agent;
      },
      async die(forMs) {
        const at = Date.now();
        agent.signal("SIGKILL");
        deaths.push({ machine: machineId, at });
        await agent.ended;
        await until(at + forMs);
        agent = await fleet.startAgent(home, { env: links.env });
      },
      async sleep(forMs) {
        const at = Date.now();
        agent.signal("SIGSTOP");
        await until(at + forMs);
        wakeUps.push({ machine: machineId, at: Date.now() });
        agent.signal("SIGCONT");
      },
    };
  }

  const machines = await Promise.all(Array.from({ length: count }, startMachine));
  return {
    fleet,
    machines,
    async leader() {
      const found = await fleet.db.collection<Document & { _id: string }>("fleet").findOne({ _id: "leader" });
      return machines.find((it) => it.id === found?.["machine_id"]);
    },
    deaths,
    wakeUps,
  };
}

export async function until(wallTime: number): Promise<void> {
  await pause(Math.max(0, wallTime - Date.now()));
}
