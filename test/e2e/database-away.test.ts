import { describe, expect, test } from "vitest";
import { freePort } from "../../src/adapters/mongod/free-port.ts";
import { embeddedUri } from "../../src/adapters/mongod/replica-set.ts";
import { eventually } from "../support/eventually.ts";
import { startOwnMongod } from "../support/own-mongod.ts";
import { arrivedTwice, createGate } from "../support/target.ts";
import { complaints, LONGER_THAN_TTL_MS, openFleet } from "./fleet.ts";

/** A driver that lost its server looks for it again within this, and the loops back off no longer. */
const RECOVERY_MS_MAX = 30_000;

describe.concurrent("while MongoDB is away", () => {
  test("an agent that starts waits and says so once, then joins by itself", { timeout: 60_000 }, async (context) => {
    const port = await freePort(undefined);
    const fleet = await openFleet(context, { database: { uri: embeddedUri(port), dbName: "away" } });
    const agent = await fleet.startAgent();
    expect((await agent.untilLogged("waiting_for_mongodb"))["reason"]).toContain(`127.0.0.1:${port}`);
    expect(agent.lines.some((it) => it.event === "machine_joined")).toBe(false);
    await startOwnMongod(context, port);
    await agent.untilLogged("leader_changed", undefined, RECOVERY_MS_MAX);
    expect(complaints(agent).length).toBe(1);
    await fleet.putJob({ name: "first", schedule: "0 0 1 1 *", url: `${fleet.target.url}/first` });
    expect(await fleet.ended(await fleet.runJob("first"))).toMatchObject({ status: "ok" });
  });

  test("for longer than a lease no agent ends or loses its session, nothing is sent, and runs go on afterwards with nothing twice", {
    timeout: 120_000,
  }, async (context) => {
    const mongod = await startOwnMongod(context);
    const fleet = await openFleet(context, { database: mongod.database });
    const agents = await fleet.startAgents(3);
    await fleet.leaderOf(agents);
    const { db, target } = fleet;
    const gate = createGate();
    target.on("/answer", (_arrival, nth) => (nth === 1 ? gate.opened.then(() => ({ body: '"kept"' })) : {}));
    target.on("/retry", (_arrival, nth) => (nth === 1 ? { status: 503 } : {}));
    const step = (path: string) => ({
      type: "http",
      method: "POST",
      url: `${target.url}${path}`,
      retry: { retries: 3, delay_sec: 3, backoff: 1 },
    });
    await fleet.putJob({ name: "answer", schedule: "0 0 1 1 *", actions: [step("/answer"), step("/after-answer")] });
    await fleet.putJob({ name: "retry", schedule: "0 0 1 1 *", actions: [step("/retry"), step("/after-retry")] });
    const answered = await fleet.runJob("answer");
    const retried = await fleet.runJob("retry");
    await target.arrived("/answer");
    await fleet.untilRun(retried, (it) => it.steps?.[0]?.status === "waiting");
    const sessions = () => db.collection("serials").distinct("session", { session: { $type: "string" } });
    const before = await sessions();

    mongod.signal("SIGSTOP");
    const awaySince = Date.now();
    gate.open();
    for (const agent of agents) await agent.untilLogged("fenced");
    await eventually("time longer than a lease", LONGER_THAN_TTL_MS * 3, () =>
      Date.now() - awaySince > LONGER_THAN_TTL_MS * 2 ? true : undefined,
    );
    const backAt = Date.now();
    mongod.signal("SIGCONT");

    expect(await fleet.ended(answered, RECOVERY_MS_MAX)).toMatchObject({
      status: "ok",
      takeovers: 0,
      steps: [{ status: "ok", attempts: 1, response_sample: '"kept"' }, { status: "ok" }],
    });
    expect(await fleet.ended(retried, RECOVERY_MS_MAX)).toMatchObject({ status: "ok", takeovers: 0 });
    expect(target.arrivals.filter((it) => it.at > awaySince && it.at < backAt)).toEqual([]);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
    expect(target.arrivals.map((it) => it.path).toSorted()).toEqual([
      "/after-answer",
      "/after-retry",
      "/answer",
      "/retry",
      "/retry",
    ]);
    for (const agent of agents) await agent.untilLogged("unfenced");
    expect(new Set(await sessions())).toEqual(new Set(before));
    expect(agents.flatMap((it) => it.lines).filter((it) => it.event === "session_over")).toEqual([]);
    expect((await fleet.acks(await fleet.send({ type: "ping", target: "all" }), 3)).length).toBe(3);
  });
});
