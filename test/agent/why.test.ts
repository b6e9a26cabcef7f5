import { beforeEach, describe, expect, test } from "vitest";
import type { JobId } from "../../src/model/job.ts";
import { parseAskedTime } from "../../src/query/why/asked-time.ts";
import { explain } from "../../src/query/why/explain.ts";
import { type WhyWords, wordsOf } from "../../src/query/why/words.ts";
import { parseJob } from "../../src/schema/job.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";
import {
  createMemoryJobSource,
  createMemoryPauseStore,
  createMemoryRevisionStore,
} from "../support/memory/job-stores.ts";
import { createMemoryLeaderStore, createMemoryMachineStore } from "../support/memory/fleet-stores.ts";
import { createMemorySerialStore } from "../support/memory/serial-store.ts";
import { createMemoryReaders } from "../support/memory/readers.ts";

/** What `run why` says of a job of that world at `10:05` of its first day, in UTC. */
async function why(world: World, job: string, clockTime: string): Promise<WhyWords> {
  const { state } = world;
  const ports = {
    ...createMemoryReaders(state),
    revisions: createMemoryRevisionStore(state),
    machines: createMemoryMachineStore(state),
    serials: createMemorySerialStore(state),
    leader: createMemoryLeaderStore(state),
    pauses: createMemoryPauseStore(state),
    fleetZone: { read: async () => "UTC" },
    serverTime: { now: async () => state.serverNow() },
  };
  const documents = await createMemoryJobSource(state, parseJob).readAll();
  const document = documents.find((it) => it.id === job);
  const asked = parseAskedTime(clockTime, "UTC", state.serverNow());
  if (asked === undefined) throw new Error(`${clockTime} is no time`);
  const [answer] = await explain(ports, { id: job as JobId, name: document?.name ?? job, document }, asked);
  if (answer === undefined) throw new Error("there is no answer");
  return wordsOf(answer);
}

function factOf({ facts }: WhyWords, name: string): string {
  return facts
    .filter(([it]) => it === name)
    .map(([, text]) => text)
    .join("\n");
}

let world: World;

beforeEach(() => {
  world = createWorld({ startsAt: "10:00:20" });
});

const HTTP = (path: string) => ({ type: "http", url: `http://target.test${path}` });

describe("run why, out of what agents have stored, says of", () => {
  test("a run on time: who claimed it, when, and what its step did", async () => {
    await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines).toEqual(["It ran on a.example, went well and took 0 ms."]);
    expect(factOf(words, "due")).toBe("yes: * * * * * (UTC)");
    expect(factOf(words, "job")).toContain("in force since 10:00:20");
    expect(factOf(words, "claimed")).toBe("at 10:05:00 by a.example, 0 ms after its minute, started at 10:05:00");
    expect(factOf(words, "step")).toContain("ok, 1 attempt, HTTP 200");
    expect(factOf(words, "led by")).toBe("a.example");
    expect(factOf(words, "alive")).toBe("2 of 2: a.example (serial 1), b.example (serial 2)");
    expect(factOf(words, "MongoDB")).toBe("no outage is told");
    expect(words.advice).toBeUndefined();
  });

  test("a run that failed: each attempt's end, the answer, and how to see and repeat it", async () => {
    await world.startFleet("a");
    world.putJob("job", { retry: { retries: 1, delay_sec: 1 } });
    world.target.on("/job", () => ({ status: 503, body: "no room" }));
    await world.passTo("10:01:30");
    const words = await why(world, "job", "10:01");
    expect(words.headlines[0]).toMatch(/^It ran on a\.example and failed: .*503/);
    expect(factOf(words, "step")).toMatch(/failed, 2 attempts, HTTP 503.*it answered: no room/);
    expect(words.advice).toMatch(/fleetcron run show 'job\|2026-03-02T10:01Z\|fleet'.*fleetcron job run job --wait/);
  });

  test("a run whose agent died in the middle: from whom to whom it went, and when", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { actions: [HTTP("/one"), HTTP("/two")] });
    world.target.on("/two", (it) => (it.attempt === 1 ? { afterMs: 9_000 } : {}));
    await world.passTo("10:05:03");
    a?.crash();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[0]).toMatch(/^It ran on b\.example after 1 change of hands, went well and took \d+/);
    expect(factOf(words, "claimed")).toContain("by a.example");
    expect(factOf(words, "went on")).toMatch(/^at 10:05:1\d: from a\.example to b\.example$/);
    expect(factOf(words, "step")).toMatch(/2 GET .*: ok, 2 attempts/);
  });

  test("a run whose agent was stopped in the middle: the same", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { actions: [HTTP("/one"), HTTP("/two"), HTTP("/three")] });
    world.target.on("/two", () => ({ afterMs: 4_000 }));
    await world.passTo("10:05:02");
    a?.requestStop();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[0]).toMatch(/^It ran on b\.example after 1 change of hands, went well/);
    expect(factOf(words, "went on")).toMatch(/^at 10:05:0\d: from a\.example to b\.example$/);
  });

  test("a run whose minute had no living leader: how late it was, who was gone, and who led from when on", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:04:58");
    a?.crash();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[0]).toMatch(/^It ran (5|6|7|8|9|10|11|12|13|14)(\.\d)? s late on b\.example/);
    expect(factOf(words, "late")).toMatch(/^the leader, a\.example, was gone; b\.example led from 10:05:\d\d on$/);
    expect(factOf(words, "led by")).toContain("a.example (named as leader, but silent by then)");
    expect(factOf(words, "alive")).toMatch(
      /^1 of 2: b\.example.*; silent: a\.example \(since 10:04:5\d; its session was ended at 10:05:/,
    );
  });

  test("a run that a dead database held up: from when to when, as each machine told afterwards", async () => {
    const machines = await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:04:50");
    for (const it of machines) it.network.decide = () => "request lost";
    await world.passTo("10:05:25");
    for (const it of machines) it.network.decide = () => "answered";
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[0]).toMatch(/^It ran \d+(\.\d)? s late on/);
    expect(factOf(words, "late")).toMatch(/MongoDB did not answer a\.example from 10:04:5\d to 10:05:\d\d/);
    expect(factOf(words, "MongoDB")).toMatch(/a\.example.*b\.example/);
  });

  test("minutes in which all agents were off: missed with the reason, caught up late, or not settled so far", async () => {
    const [a, b] = await world.startFleet("a", "b");
    world.putJob("job", { schedule: "*/5 * * * *" });
    await world.passTo("10:02:30");
    a?.requestStop();
    b?.requestStop();
    await world.passTo("10:12:30");
    const meanwhile = await why(world, "job", "10:10");
    expect(meanwhile.headlines).toEqual([
      "It was due 2 min ago, and no agent leads the fleet at present, so nobody has settled it.",
    ]);
    expect(meanwhile.advice).toMatch(/^Start an agent: fleetcron agent;/);
    b?.start();
    await world.passTo("10:13:30");

    const missed = await why(world, "job", "10:05");
    expect(missed.headlines[0]).toMatch(/^It was due and did not run: it is recorded as missed: .*catch_up is "last"/);
    expect(factOf(missed, "claimed")).toMatch(/^by nobody; recorded at 10:12:3\d by b\.example$/);
    expect(factOf(missed, "late")).toBe("no agent was alive from 10:02:30 until 10:12:30");
    expect(factOf(missed, "alive")).toBe("0 of 2; off: a.example (since 10:02:30), b.example (since 10:02:30)");
    expect(missed.advice).toBe(
      "Make up for it: fleetcron job backfill job --from 2026-03-02T10:05:00Z --to 2026-03-02T10:05:00Z",
    );

    const caughtUp = await why(world, "job", "10:10");
    expect(caughtUp.headlines[0]).toMatch(/^It ran 2 min 30 s late on b\.example/);
    expect(factOf(caughtUp, "late")).toBe("no agent was alive from 10:02:30 until 10:12:30");
  });

  test("a minute at which the whole fleet was dead: that nobody was alive, from when until when", async () => {
    const [a, b] = await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:04:30");
    for (const it of [a, b]) it?.crash();
    await world.passTo("10:06:10");
    for (const it of [a, b]) it?.start();
    await world.passTo("10:07:30");
    const words = await why(world, "job", "10:05");
    expect(factOf(words, "alive")).toMatch(
      /^0 of 2; silent: a\.example \(since 10:04:(2[7-9]|30); its session was ended at 10:06:1\d\), b\.example/,
    );
    expect(factOf(words, "late")).toMatch(/^no agent was alive from 10:04:(2[7-9]|30) until 10:06:1\d$/);
    expect(factOf(words, "led by")).toMatch(/^a\.example \(named as leader, but silent by then\)/);
    expect(factOf(await why(world, "job", "10:04"), "alive")).toMatch(/^2 of 2: /);
  });

  test("a minute long before a rebooted machine's old session was ended: that nobody was alive", async () => {
    const [a] = await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:04:30");
    a?.crash();
    a?.reboot();
    await world.passTo("10:14:30");
    a?.start();
    await world.passTo("10:15:30");
    const words = await why(world, "job", "10:08");
    expect(factOf(words, "alive")).toMatch(/^0 of 1; silent: a\.example \(since 10:04:(2[7-9]|30); /);
    expect(factOf(words, "late")).toMatch(/^no agent was alive from 10:04:(2[7-9]|30) until 10:14:\d\d$/);
  });

  test("a minute inside a long stretch of misses: how many there were and what the reason was", async () => {
    const [a] = await world.startFleet("a");
    world.putJob("job", { catch_up: "none" });
    await world.passTo("10:02:30");
    a?.crash();
    await world.passTo("12:32:30");
    a?.start();
    await world.passTo("12:34:30");
    const words = await why(world, "job", "11:00");
    expect(words.headlines[0]).toMatch(
      /one of \d{3} in a row that were missed, the last at 2026-03-02 12:3\d .*"none"/,
    );
    expect(words.advice).toContain("--from 2026-03-02T11:00:00Z");
  });

  test("an occurrence that was left out because an earlier run was going: which one", async () => {
    await world.startFleet("a");
    world.putJob("job", { timeout_sec: 200 });
    world.target.on("/job", () => ({ afterMs: 110_000 }));
    await world.passTo("10:02:30");
    const words = await why(world, "job", "10:02");
    expect(words.headlines[0]).toMatch(/^It was due and was left out: an earlier run .*job\|2026-03-02T10:01Z\|fleet/);
    expect((await why(world, "job", "10:01")).headlines).toEqual(["It is running on a.example since 10:01:00."]);
  });

  test("a minute that the schedule of that time does not name: the version then in force, and what is due around it", async () => {
    await world.startFleet("a");
    world.putJob("job", { schedule: "*/5 * * * *" });
    await world.passTo("10:08:30");
    world.putJob("job", { schedule: "* * * * *" });
    await world.passTo("10:12:30");
    const words = await why(world, "job", "10:07");
    expect(words.headlines).toEqual(["It was not due then: its schedule does not name that minute."]);
    expect(factOf(words, "due")).toContain('"*/5 * * * *" does not name 10:07; next to it that day: 10:05, 10:10');
    expect(factOf(words, "due")).toContain("Due before it: 2026-03-02 10:05");
    expect((await why(world, "job", "10:09")).headlines[0]).toMatch(/^It ran on a\.example/);
  });

  test.each([
    ["switched off", (it: World) => it.putJob("job", { enabled: false }), "the job was not enabled"],
    ["made invalid", (it: World) => it.putJob("job", { schedule: "at noon" }), "the job's document was invalid"],
    ["deleted", (it: World) => it.removeJob("job"), "the job had been deleted"],
  ])("a minute after the job was %s: so, and since when; also after it came back", async (_, end, reason) => {
    await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:02:30");
    end(world);
    await world.passTo("10:05:30");
    const since = await why(world, "job", "10:05");
    expect(since.headlines).toEqual([`It was not due then: ${reason}.`]);
    expect(factOf(since, "job")).toMatch(/since 10:02:\d\d$/);
    world.putJob("job");
    await world.passTo("10:08:30");
    const later = await why(world, "job", "10:05");
    expect(later.headlines).toEqual([`It was not due then: ${reason}.`]);
    expect(factOf(later, "job")).toMatch(/since 10:02:\d\d until 10:05:\d\d$/);
    expect((await why(world, "job", "10:07")).headlines[0]).toMatch(/^It ran on a\.example/);
  });

  test("a minute in a pause without an end, in one with an end, and one that is still to come", async () => {
    await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:02:30");
    world.putCommand("p1", { type: "pause_job", target: "leader", args: { job: "job" } });
    await world.passTo("10:04:30");
    const paused = await why(world, "job", "10:04");
    expect(paused.headlines).toEqual(["It was not due then: the job was paused."]);
    expect(factOf(paused, "job")).toMatch(/^paused since 10:02:\d\d$/);
    expect(paused.advice).toBe("End the pause: fleetcron job resume job");
    expect((await why(world, "job", "10:30")).headlines).toEqual(["It will not run: the job is paused."]);

    world.putCommand("p2", {
      type: "pause_job",
      target: "leader",
      args: { job: "job", until: "2026-03-02T10:10:00Z" },
    });
    await world.passTo("10:11:30");
    expect((await why(world, "job", "10:07")).headlines).toEqual(["It was not due then: the job was paused."]);
    expect((await why(world, "job", "10:10")).headlines[0]).toMatch(/^It ran on a\.example/);
    expect((await why(world, "job", "10:02")).headlines[0]).toMatch(/^It ran on a\.example/);
  });

  test("a minute before the job was created: when the fleet came to know it", async () => {
    await world.startFleet("a");
    await world.passTo("10:05:30");
    world.putJob("job");
    await world.passTo("10:08:30");
    const words = await why(world, "job", "10:03");
    expect(words.headlines[0]).toMatch(/the fleet came to know this job later, at 10:05:\d\d/);
  });

  test("a minute before the first agent joined, and one that has not come yet", async () => {
    await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:02:30");
    expect((await why(world, "job", "09:10")).headlines[0]).toMatch(/the first agent joined this fleet later/);
    const future = await why(world, "job", "10:20");
    expect(future.headlines).toEqual(["It has not come yet: it is due in 17 min."]);
    expect(future.facts.map(([name]) => name)).toEqual(["due"]);
    world.putJob("job", { enabled: false });
    expect((await why(world, "job", "10:20")).headlines).toEqual(["It will not run: the job is not enabled."]);
  });

  test("a machine whose clock is wrong: by how much, and to set it", async () => {
    world.machine("fast", { skewMs: 300_000 }).start();
    await world.passUntil("leader", 5_000, () => world.leader() === "fast");
    world.putJob("job");
    await world.passTo("10:02:30");
    const words = await why(world, "job", "10:02");
    expect(factOf(words, "alive")).toBe("1 of 1: fast.example (serial 1, clock 5 min ahead)");
    expect(words.advice).toMatch(/^Set the clock of fast\.example/);
  });

  test("a job of every machine: one sentence where all are alike, one for each group where they are not", async () => {
    const [, b] = await world.startFleet("a", "b", "c");
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:05:30");
    b?.crash();
    expect((await why(world, "job", "10:05")).headlines).toEqual(["On all 3 machines: It ran and went well."]);
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:06");
    expect(words.headlines).toEqual([
      "On a.example, c.example: It ran and went well.",
      "On b.example: It was due 30 s ago, and that machine is off; its agent catches up when it is back.",
    ]);
    expect(words.advice).toBe("Start the agent of b.example again: fleetcron agent");
  });

  test("a job of every machine that was switched off while one was away: each by what was in force on it", async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:02:30");
    b?.requestStop();
    await world.passTo("10:03:30");
    world.putJob("job", { run_on: "all", enabled: false });
    await world.passTo("10:05:30");
    expect((await why(world, "job", "10:05")).headlines).toEqual([
      "On a.example: It was not due then: the job was not enabled.",
      "On b.example: It was due 30 s ago, and that machine is off; its agent catches up when it is back.",
    ]);
  });

  test("a machine of a job of every machine that was off: that, and not who led", async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { run_on: "all", catch_up: "all", overlap: "allow" });
    await world.passTo("10:02:30");
    b?.requestStop();
    await world.passTo("10:05:30");
    b?.start();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:04");
    expect(words.headlines[1]).toMatch(/^On b\.example: It ran 1 min \d+ s late/);
    expect(factOf(words, "late")).toBe("b.example: this machine was off at its minute");
  });

  test("a machine that the job's where does not match: that, also where no agent ever planned the job", async () => {
    await world.startFleet("a", "b");
    world.putJob("some", { run_on: "all", where: { hostnames: ["b.*"] } });
    world.putJob("none", { run_on: "all", where: { hostnames: ["c.*"] } });
    await world.passTo("10:02:30");
    const some = await why(world, "some", "10:02");
    expect(some.headlines).toEqual([
      "On a.example: It does not run there: the job's where does not match this machine, by the labels and the serial that it has today.",
      "On b.example: It ran and went well.",
    ]);
    expect(factOf(some, "due")).toBe("yes: * * * * * (UTC)");
    expect(some.advice).toBeUndefined();
    const none = await why(world, "none", "10:02");
    expect(none.headlines).toEqual([
      "On all 2 machines: It does not run there: the job's where does not match this machine, by the labels and the serial that it has today.",
    ]);
  });

  test("a job that was never enabled, or never valid: that it was not", async () => {
    await world.startFleet("a");
    world.putJob("off", { enabled: false });
    world.putJob("wrong", { schedule: "at noon" });
    await world.passTo("10:02:30");
    expect((await why(world, "off", "10:02")).headlines).toEqual(["It was not due then: the job was not enabled."]);
    expect((await why(world, "wrong", "10:02")).headlines).toEqual([
      "It was not due then: the job's document was invalid.",
    ]);
    world.putCommand("by-hand", { type: "run_job", target: "leader", args: { job: "off" } });
    await world.passTo("10:05:30");
    for (const clockTime of ["10:02", "10:05"]) {
      const { headlines } = await why(world, "off", clockTime);
      expect(headlines).toEqual(["It was not due then: the job was not enabled."]);
    }
  });

  test("a minute of a pause that a backfill made up for: the pause, and the run that made up for it", async () => {
    await world.startFleet("a");
    world.putJob("job");
    await world.passTo("10:02:30");
    world.putCommand("p", { type: "pause_job", target: "leader", args: { job: "job", until: "2026-03-02T10:05:00Z" } });
    await world.passTo("10:06:30");
    expect((await why(world, "job", "10:04")).advice).toBeUndefined();
    const times = [new Date(world.timeOf("10:04"))];
    world.putCommand("fill", { type: "backfill", target: "leader", args: { job: "job", times } });
    await world.passTo("10:07:30");
    const words = await why(world, "job", "10:04");
    expect(words.headlines).toEqual(["It was not due then: the job was paused."]);
    expect(factOf(words, "late")).toBe("");
    expect(factOf(words, "made up")).toMatch(/^by a backfill, on a\.example: ok, started at 10:06:\d\d;/);
    expect(words.advice).toMatch(/^See the run that made up for it: fleetcron run show 'job\|.*\|backfill'$/);
  });

  test("a run that was cancelled while it waited: that it never started", async () => {
    await world.startFleet("a");
    world.putJob("job", { timeout_sec: 200, overlap: "queue" });
    world.target.on("/job", () => ({ afterMs: 110_000 }));
    await world.passTo("10:02:30");
    const args = { run: "job|2026-03-02T10:02Z|fleet" };
    world.putCommand("c", { type: "cancel_run", target: "leader", args });
    await world.passTo("10:02:50");
    const words = await why(world, "job", "10:02");
    expect(words.headlines).toEqual([
      "It was claimed by a.example, never started, and was cancelled: cancelled by a command.",
    ]);
  });

  test("a run that ended with its agent: that the answer was never seen, not that it is being sent", async () => {
    const [, b] = await world.startFleet("a", "b");
    world.putJob("job", { on_agent_loss: "fail", where: { hostnames: ["b.*"] } });
    world.target.on("/job", () => ({ afterMs: 9_000 }));
    await world.passTo("10:05:03");
    b?.crash();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[0]).toMatch(/was broken off/);
    expect(factOf(words, "step")).toMatch(/: sent, and its answer was never seen, 1 attempt$/);
  });

  test("a miss whose leader died before it was recorded: who was gone, and who led from when on", async () => {
    const [a] = await world.startFleet("a", "b");
    world.putJob("job", { where: { hostnames: ["c.*"] } });
    await world.passTo("10:05:04");
    a?.crash();
    await world.passTo("10:06:30");
    const words = await why(world, "job", "10:05");
    expect(factOf(words, "late")).toMatch(/^the leader, a\.example, was gone; b\.example led from 10:05:\d\d on$/);
  });

  test("an occurrence that a draining machine left out: nothing about overlap", async () => {
    await world.startFleet("a", "b");
    world.putJob("job", { run_on: "all" });
    await world.passTo("10:02:30");
    world.putCommand("d", { type: "drain", target: "b" });
    await world.passTo("10:05:30");
    const words = await why(world, "job", "10:05");
    expect(words.headlines[1]).toMatch(/^On b\.example: It was due and was left out: this machine is draining/);
    expect(words.advice).toMatch(/^Make up for it: fleetcron job backfill job/);
  });

  test("what no event is left of: that there is no evidence, and never a guess", async () => {
    await world.startFleet("a", "b");
    world.putJob("job");
    await world.passTo("10:06:30");
    world.state.events.splice(0);
    const ran = await why(world, "job", "10:05");
    expect(ran.headlines[0]).toMatch(/^It ran on a\.example/);
    expect(factOf(ran, "job")).toContain("as its record says");
    expect(factOf(ran, "MongoDB")).toMatch(/^no evidence/);
    world.putJob("job", { enabled: false });
    await world.passTo("10:08:30");
    world.state.events.splice(0);
    expect((await why(world, "job", "10:08")).headlines[0]).toMatch(/^No evidence is stored/);
  });
});
