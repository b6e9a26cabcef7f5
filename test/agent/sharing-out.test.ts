import { beforeEach, describe, expect, test } from "vitest";
import type { Machine } from "../support/fleet-world/machine.ts";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld, type World } from "../support/fleet-world/world.ts";

let world: World;
let brokenRules: readonly string[];

beforeEach(() => {
  world = createWorld();
  brokenRules = watchSends(world);
});

/** Starts machines with these labels, in this order, and waits until the fleet's view names them all. */
async function startLabelled(labelsOf: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<Machine[]> {
  const machines: Machine[] = [];
  for (const [name, labels] of Object.entries(labelsOf)) {
    const it = world.machine(name, { labels });
    it.start();
    machines.push(it);
    await world.passUntil(`serial of ${name}`, 1_000, () => world.serialOf(name) !== undefined);
  }
  await viewHas(...Object.keys(labelsOf));
  return machines;
}

async function viewHas(...names: readonly string[]): Promise<void> {
  const inView = () => world.state.view.members.map((it) => it.machineId as string).sort();
  await world.passUntil(`view of ${names.join(", ")}`, 30_000, () => inView().join() === [...names].sort().join());
}

/** As the command to drain leaves it in the database; the agent hears of it with its next report. */
function setDraining(name: string, isDraining: boolean): void {
  const record = world.state.machines.get(name);
  if (record === undefined) throw new Error(`no machine ${name}`);
  world.state.machines.set(name, { ...record, isDraining });
}

/** `10:05` of each first attempt that came from a machine, in order of time. */
function sentBy(machine: string, job?: string): string[] {
  return world.target.arrivals
    .filter((it) => it.machine === machine && it.attempt === 1 && (job === undefined || it.job === job))
    .map((it) => it.minute);
}

function senderOf(job: string, minute: string): string[] {
  return world.target.arrivals.filter((it) => it.job === job && it.minute === minute).map((it) => it.machine);
}

function lateMs(job: string, minute: string): number {
  const first = world.target.arrivals.find((it) => it.job === job && it.minute === minute);
  if (first === undefined) throw new Error(`job ${job} sent nothing for ${minute}`);
  return first.at - world.timeOf(minute);
}

const JOBS = Array.from({ length: 60 }, (_, index) => `job-${index}`);

/** The machine that runs each job, from what arrived at a minute. */
const ownersAt = (minute: string) => new Map(JOBS.map((job) => [job, senderOf(job, minute)[0]]));

describe('jobs with run_on "any"', () => {
  beforeEach(() => {
    for (const job of JOBS) world.putJob(job, { run_on: "any" });
  });

  test("spread over the machines, each occurrence once and on time", async () => {
    await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:10:30");
    for (const job of JOBS) expect(world.storyOf(job).filter((it) => it.endsWith(" ok"))).toHaveLength(10);
    expect(world.target.arrivals).toHaveLength(JOBS.length * 10);
    for (const machine of ["a", "b", "c"]) expect(new Set(sentBy(machine)).size).toBe(10);
    for (const machine of ["a", "b", "c"]) expect(sentBy(machine).length).toBeGreaterThan(JOBS.length);
    for (const it of world.target.arrivals) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(brokenRules).toEqual([]);
  });

  test("stay with their machines when another comes and goes", async () => {
    await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:02:30");
    const d = world.machine("d");
    d.start();
    await world.passTo("10:04:30");
    d.requestStop();
    await world.passTo("10:06:30");
    const before = ownersAt("10:02");
    const during = ownersAt("10:04");
    for (const [job, owner] of before) expect([owner, "d"]).toContain(during.get(job));
    expect([...during.values()].filter((it) => it === "d").length).toBeGreaterThan(3);
    expect(ownersAt("10:06")).toEqual(before);
    for (const job of JOBS) expect(world.recordsOf(job).filter((it) => it.status !== "ok")).toEqual([]);
    expect(brokenRules).toEqual([]);
  });

  test("are run by the leader 5 s after they were due, when their machine died before the minute", async () => {
    const [, b] = await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:02:58");
    b?.crash();
    await world.passTo("10:06:30");
    const lost = [...ownersAt("10:02")].filter(([, owner]) => owner === "b").map(([job]) => job);
    expect(lost.length).toBeGreaterThan(3);
    for (const job of lost) {
      expect(senderOf(job, "10:03")).toEqual(["a"]);
      expect(lateMs(job, "10:03")).toBeGreaterThanOrEqual(5_000);
      expect(lateMs(job, "10:03")).toBeLessThan(7_000);
      expect(lateMs(job, "10:04")).toBeLessThan(1_000);
    }
    for (const job of JOBS) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:06"));
    expect(brokenRules).toEqual([]);
  });

  test("run once while two machines believe that they are theirs", async () => {
    const machines = await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    machines[1]?.crash();
    // c goes by an old view: it hears neither of who is gone nor of who came.
    machines[2]?.network.fate("leaders.read", "request lost");
    const d = world.machine("d");
    d.start();
    await world.passTo("10:05:30");
    for (const job of JOBS) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:05"));
    expect(world.target.arrivals).toHaveLength(JOBS.length * 5);
    expect(brokenRules).toEqual([]);
  });

  test("run from the next minute on when they are created or edited, whether their machine lives or not", async () => {
    const [, b] = await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:02:57");
    b?.crash();
    for (const job of JOBS)
      world.putJob(job, { run_on: "any", schedule: "*/1 * * * *", url: "http://target.test/new" });
    world.putJob("young", { run_on: "any" });
    await world.passTo("10:04:30");
    expect(world.storyOf("young")).toEqual(["10:03 ok", "10:04 ok"]);
    for (const job of JOBS) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:04"));
    expect(world.target.at("/new")).toHaveLength(JOBS.length * 2);
  });

  test("that are deleted leave nothing behind, whosever they were", async () => {
    await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:02:30");
    for (const job of JOBS) world.removeJob(job);
    await world.passTo("10:05:30");
    for (const job of JOBS) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:02"));
    for (const cursor of world.state.cursors.values()) expect(cursor.schedule).toBeNull();
  });

  describe("that are switched off while their machine still reads the jobs", () => {
    const ANY = { run_on: "any" };
    let job = "";
    let b: Machine | undefined;

    beforeEach(async () => {
      [, b] = await world.startFleet("a", "b");
      await viewHas("a", "b");
      for (const id of JOBS.slice(0, 12)) world.putJob(id, ANY);
      await world.passTo("10:03:30");
      job = JOBS.find((id) => senderOf(id, "10:03")[0] === "b") ?? "";
      if (b === undefined || job === "") throw new Error("b has a job");
      b.network.patienceMs = 10_000;
      b.network.latencyMs = (operation) => (operation === "jobs.readAll" ? 3_000 : 0);
      await world.passTo("10:03:58");
      world.putJob(job, { ...ANY, enabled: false });
      await world.passTo("10:03:59.500");
      if (isInForce()) throw new Error("the leader switches it off at once");
      await world.passTo("10:04:00.500");
    });

    test("stay off: a machine that does not know of it yet switches nothing on again", () => {
      expect(isInForce()).toBe(false);
    });

    const isInForce = () => world.state.cursors.get(`${job}|fleet`)?.schedule !== null;

    async function switchOnAt(clockTime: string): Promise<void> {
      await world.passTo(clockTime);
      world.putJob(job, ANY);
      await world.pass(60_000);
    }

    test("fire nothing of the past when they are switched on again", async () => {
      await switchOnAt("10:30:30");
      expect(world.storyOf(job)).toEqual([...eachMinute("10:01", "10:03"), "10:31 ok"]);
    });

    test("fire nothing of the past either when that machine died just then", async () => {
      b?.crash();
      await switchOnAt("11:30:30");
      const story = world.storyOf(job);
      expect(story.slice(0, 3)).toEqual(eachMinute("10:01", "10:03"));
      expect(story.slice(3, -1).filter((it) => !it.includes("missed"))).toEqual([]);
      expect(story.at(-1)).toBe("11:31 ok");
    });
  });
});

function eachMinute(first: string, last: string): string[] {
  const story: string[] = [];
  for (let at = world.timeOf(first); at <= world.timeOf(last); at = (at + 60_000) as typeof at)
    story.push(`${new Date(at).toISOString().slice(11, 16)} ok`);
  return story;
}

describe("where", () => {
  test.each([
    ["labels", { labels: { role: "db" } }, ["b", "c"]],
    ["two labels", { labels: { role: "db", site: "busan" } }, ["c"]],
    ["a host name", { hostnames: ["B.example"] }, ["b"]],
    ["a pattern of host names", { hostnames: ["?.exam*"] }, ["a", "b", "c", "d"]],
    ["machine ids", { machine_ids: ["a", "d", "gone"] }, ["a", "d"]],
    ["serials", { serials: [3, 4, 9] }, ["c", "d"]],
    ["selectors of two kinds", { labels: { role: "db" }, serials: [1, 2] }, ["b"]],
  ])("by %s keeps runs to the machines that match", async (_, where, names) => {
    const jobs = JOBS.slice(0, 20);
    for (const job of jobs) world.putJob(job, { run_on: "any", where });
    world.putJob("one", { where });
    world.putJob("each", { run_on: "all", where });
    await startLabelled({ a: {}, b: { role: "db" }, c: { role: "db", site: "busan" }, d: {} });
    await world.passTo("10:03:30");
    for (const job of [...jobs, "one"]) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:03"));
    const senders = new Set(world.target.arrivals.map((it) => it.machine));
    expect([...senders].sort()).toEqual(names);
    expect(senderOf("one", "10:03")).toEqual([names[0]]);
    expect(lateMs("one", "10:03")).toBeLessThan(1_000);
    expect(senderOf("each", "10:03").sort()).toEqual(names);
    expect(new Set(world.recordsOf("each").map((it) => it.scope as string))).toEqual(new Set(names));
    expect(brokenRules).toEqual([]);
  });

  test.each([
    ["leader", { labels: { role: "db" } }, "labels role=db"],
    ["any", { hostnames: ["db-*"] }, "hostnames db-*"],
  ])("that nobody matches makes a miss that says so (run_on %s)", async (runOn, where, words) => {
    world.putJob("job", { run_on: runOn, where });
    world.putJob("other");
    await startLabelled({ a: {}, b: {} });
    await world.passTo("10:03:30");
    expect(world.storyOf("job")).toEqual(["10:01 missed", "10:02 missed", "10:03 missed"]);
    expect(world.recordsOf("job")[0]).toMatchObject({ reason: expect.stringContaining(words) });
    const told = world.state.events.filter((it) => it.type === "occurrences_missed");
    expect(told).toHaveLength(3);
    expect(told[0]?.message).toContain(words);
    expect(world.storyOf("other")).toEqual(eachMinute("10:01", "10:03"));
  });

  test("that no known machine matches makes one miss for the fleet, until one that matches joins (run_on all)", async () => {
    const where = { labels: { role: "db" } };
    world.putJob("job", { run_on: "all", where });
    world.putJob("other", { run_on: "all" });
    const [a] = await startLabelled({ a: {}, b: {} });
    await world.passTo("10:02:30");
    a?.crash();
    await world.passTo("10:04:30");
    expect(world.storyOf("job").map((it) => it.slice(0, 12))).toEqual(
      ["10:01", "10:02", "10:03", "10:04"].map((it) => `${it} missed`),
    );
    for (const it of world.recordsOf("job"))
      expect(it).toMatchObject({ scope: undefined, reason: expect.stringContaining("labels role=db") });
    a?.start();
    const c = world.machine("c", { labels: { role: "db" } });
    c.start();
    await world.passTo("10:06:30");
    expect(world.storyOf("job").slice(4)).toEqual(["10:05 ok", "10:06 ok"]);
    expect(world.state.cursors.get("job|fleet")?.schedule).toBeNull();
    // It is known, so that what it misses is its own.
    c.crash();
    await world.passTo("10:09:30");
    expect(world.storyOf("job").slice(4)).toEqual(["10:05 ok", "10:06 ok"]);
    c.start();
    await world.passTo("10:10:30");
    expect(
      world
        .recordsOf("job")
        .slice(4)
        .map((it) => it.scope as string),
    ).toEqual(Array(6).fill("c"));
    expect(world.recordsOf("other").every((it) => it.scope !== undefined)).toBe(true);
    expect(brokenRules).toEqual([]);
  });

  test("is met by a run of a machine that is not the leader, when that one died: handed to another that matches", async () => {
    world.putJob("job", { run_on: "any", where: { labels: { role: "db" } } });
    const [, b, c] = await startLabelled({ a: {}, b: { role: "db" }, c: { role: "db" } });
    await world.passTo("10:01:58");
    const owner = senderOf("job", "10:01")[0] === "b" ? b : c;
    owner?.crash();
    await world.passTo("10:03:30");
    const other = owner === b ? "c" : "b";
    expect(senderOf("job", "10:02")).toEqual([other]);
    expect(lateMs("job", "10:02")).toBeLessThan(8_000);
    expect(world.storyOf("job")).toEqual(eachMinute("10:01", "10:03"));
    expect(brokenRules).toEqual([]);
  });

  test("follows the labels of a machine within a heartbeat and a scan", async () => {
    world.putJob("job", { where: { labels: { role: "db" } } });
    world.putJob("each", { run_on: "all", where: { labels: { role: "db" } } });
    const [, b, c] = await startLabelled({ a: {}, b: { role: "db" }, c: {} });
    await world.passTo("10:02:50");
    if (b === undefined || c === undefined) throw new Error("they were started");
    b.labels = {};
    c.labels = { role: "db" };
    await world.passTo("10:04:30");
    expect(sentBy("b", "job")).toEqual(["10:01", "10:02"]);
    expect(sentBy("c", "job")).toEqual(["10:03", "10:04"]);
    expect(sentBy("b", "each")).toEqual(["10:01", "10:02"]);
    expect(sentBy("c", "each")).toEqual(["10:03", "10:04"]);
    expect(world.recordsOf("each").map((it) => it.status)).toEqual(Array(4).fill("ok"));
  });
});

describe("a run whose machine dies, of a job with where,", () => {
  const WHERE = { hostnames: ["b.*", "c.*"] };
  const TWO_STEPS = {
    schedule: "1 * * * *",
    where: WHERE,
    catch_up_window_sec: 120,
    actions: ["first", "second"].map((name) => ({ type: "http", name, url: `http://target.test/${name}` })),
  };
  const isOver = () => !["running", "waiting"].includes(world.runAt("job", "10:01").status);
  let b: Machine | undefined;
  let c: Machine | undefined;

  /** b runs it, since the leader does not match, and dies in its second step. */
  async function dieInSecondStep(): Promise<void> {
    [, b, c] = await world.startFleet("a", "b", "c", "d");
    await viewHas("a", "b", "c", "d");
    world.putJob("job", TWO_STEPS);
    world.target.on("/second", (_, nth) => (nth === 1 ? "hangs" : {}));
    await world.passUntil("the second step", 60_000, () => world.target.arrivals.length === 2);
    expect(world.runAt("job", "10:01").claimedBy).toBe("b");
    b?.crash();
  }

  test("goes on at another that matches", async () => {
    await dieInSecondStep();
    await world.passUntil("the run to end", 19_000, isOver);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", claimedBy: "c", takeovers: 1 });
    expect(brokenRules).toEqual([]);
  });

  test("waits for one that matches and does not drain", async () => {
    await dieInSecondStep();
    setDraining("c", true);
    await world.passTo("10:02:00");
    expect(isOver()).toBe(false);
    setDraining("c", false);
    await world.passUntil("the run to end", 19_000, isOver);
    expect(world.runAt("job", "10:01")).toMatchObject({ status: "ok", claimedBy: "c" });
  });

  test("is read whole seldom while nobody may go on with it, however long it waits", async () => {
    await dieInSecondStep();
    c?.crash();
    await world.passTo("10:01:40");
    let reads = 0;
    world.acting = (_life, operation, act) => {
      if (operation === "takeovers.liveRunsOf") reads++;
      return act();
    };
    await world.pass(60_000);
    expect(isOver()).toBe(false);
    expect(reads).toBeGreaterThanOrEqual(4);
    expect(reads).toBeLessThanOrEqual(6);
  });

  test("ends interrupted with the reason when none came within the catch-up window from when it was missed", async () => {
    await dieInSecondStep();
    c?.crash();
    await world.pass(120_000);
    expect(isOver()).toBe(false);
    await world.passUntil("its end", 17_000 + 10_000, isOver);
    expect(world.runAt("job", "10:01")).toMatchObject({
      status: "interrupted",
      end: { reason: expect.stringContaining("no live machine matches the job's where: hostnames b.*, c.*") },
    });
    expect(new Set(world.target.arrivals.map((it) => it.machine))).toEqual(new Set(["b"]));
  });

  test("ends at once when it is cancelled while nobody can go on with it", async () => {
    await dieInSecondStep();
    c?.crash();
    await world.passTo("10:01:40");
    const { id } = world.runAt("job", "10:01");
    world.putCommand("cancel", { type: "cancel_run", target: "leader", args: { run: id } });
    await world.passUntil("the run to end", 5_000, isOver);
    expect(world.runAt("job", "10:01")).toMatchObject({
      status: "cancelled",
      end: { reason: "cancelled by a command" },
    });
  });
});

test("a leader that stops and waits for its steps leaves what becomes due meanwhile to the others, on time", async () => {
  world.putJob("job");
  for (const job of JOBS) world.putJob(job, { run_on: "any" });
  const [a] = await world.startFleet("a", "b", "c");
  await viewHas("a", "b", "c");
  world.putJob("slow", { schedule: "2 * * * *", timeout_sec: 100 });
  world.target.on("/slow", () => ({ afterMs: 62_000 }));
  await world.passTo("10:02:54");
  a?.requestStop();
  await world.passTo("10:03:30");
  for (const job of ["job", ...JOBS]) {
    expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:03"));
    expect(lateMs(job, "10:03")).toBeLessThan(1_500);
    expect(["b", "c"]).toContain(senderOf(job, "10:03")[0]);
  }
  expect(brokenRules).toEqual([]);
});

describe("a machine that drains", () => {
  test("begins no runs; those of the fleet go to the others, its own are skipped with the reason", async () => {
    world.putJob("one");
    for (const job of JOBS) world.putJob(job, { run_on: "any" });
    world.putJob("each", { run_on: "all" });
    await world.startFleet("a", "b", "c");
    await viewHas("a", "b", "c");
    await world.passTo("10:02:30");
    setDraining("a", true);
    await world.passTo("10:04:30");
    expect(world.leader()).toBe("a");
    setDraining("a", false);
    await world.passTo("10:06:30");
    expect(sentBy("a", "one")).toEqual(["10:01", "10:02", "10:05", "10:06"]);
    expect(senderOf("one", "10:03")).toEqual(["b"]);
    expect(sentBy("a").filter((it) => it === "10:03" || it === "10:04")).toEqual([]);
    for (const job of ["one", ...JOBS]) expect(world.storyOf(job)).toEqual(eachMinute("10:01", "10:06"));
    const onA = world.recordsOf("each").filter((it) => it.scope === "a");
    expect(onA.map((it) => it.status)).toEqual(["ok", "ok", "skipped", "skipped", "ok", "ok"]);
    expect(onA[2]).toMatchObject({ reason: expect.stringMatching(/fleetcron machine undrain a$/) });
    for (const it of world.target.arrivals) expect(it.at - world.timeOf(it.minute)).toBeLessThan(1_000);
    expect(brokenRules).toEqual([]);
  });

  test("gives what it has claimed and not begun to others, which begin it at its time", async () => {
    const [a] = await world.startFleet("a", "b");
    await viewHas("a", "b");
    world.putJob("jittered", { schedule: "1 * * * *", jitter_sec: 3_600 });
    world.putJob("queued", { overlap: "queue", timeout_sec: 300, schedule: "1,2 * * * *" });
    world.target.on("/queued", ({ minute }) => ({ afterMs: minute === "10:01" ? 100_000 : 100 }));
    await world.passTo("10:02:10");
    expect(a?.agent).toBe("running");
    setDraining("a", true);
    await world.passTo("10:02:30");
    expect(world.runAt("jittered", "10:01")).toMatchObject({ claimedBy: "b", status: "waiting", takeovers: 0 });
    expect(world.runAt("queued", "10:02")).toMatchObject({ claimedBy: "b", status: "waiting", takeovers: 0 });
    await world.passTo("10:02:45");
    expect(world.storyOf("queued")).toEqual(["10:01 ok", "10:02 ok"]);
    expect(sentBy("a")).toEqual(["10:01"]);
    const { dueAt } = world.runAt("jittered", "10:01");
    await world.pass(dueAt - world.now() + 1_000);
    expect(world.runAt("jittered", "10:01").startAt).toBe(dueAt);
    expect(brokenRules).toEqual([]);
  });

  test("knows that a run is given away though the answer was lost and the other has it already", async () => {
    const [a] = await world.startFleet("a", "b");
    await viewHas("a", "b");
    world.putJob("jittered", { schedule: "1 * * * *", jitter_sec: 3_600 });
    await world.passTo("10:01:30");
    if (a === undefined) throw new Error("unreachable: it was just started");
    a.network.patienceMs = 6_000;
    a.network.fate("takeovers.handBack", "reply lost", 1);
    let handedBack = 0;
    world.acting = (_life, operation, act) => {
      if (operation === "takeovers.handBack") handedBack++;
      return act();
    };
    setDraining("a", true);
    await world.passTo("10:02:30");
    expect(world.runAt("jittered", "10:01")).toMatchObject({ claimedBy: "b", status: "waiting" });
    expect(handedBack).toBe(2);
  });

  test("keeps what nobody else may begin until it drains no more, or ends it when the catch-up window is over", async () => {
    await world.startFleet("a");
    await viewHas("a");
    for (const job of ["short", "long"])
      world.putJob(job, { schedule: "1 * * * *", jitter_sec: 100, catch_up_window_sec: job === "short" ? 60 : 3_600 });
    await world.passTo("10:01:00.100");
    setDraining("a", true);
    await world.passTo("10:04:30");
    expect(world.runAt("short", "10:01")).toMatchObject({
      status: "interrupted",
      end: { reason: "its machine is draining, and no other could begin it within the catch-up window" },
    });
    expect(world.storyOf("long")).toEqual(["10:01 waiting"]);
    setDraining("a", false);
    await world.passTo("10:05");
    expect(world.storyOf("long")).toEqual(["10:01 ok"]);
  });

  test("drains on after a restart, and ends the runs it had", async () => {
    world.putJob("job");
    const [a] = await world.startFleet("a", "b");
    await viewHas("a", "b");
    world.target.on("/job", () => ({ afterMs: 50_000 }));
    world.putJob("job", { timeout_sec: 55 });
    await world.passTo("10:01:10");
    setDraining("a", true);
    await world.passTo("10:02:55");
    expect(world.storyOf("job")).toEqual(["10:01 ok", "10:02 ok"]);
    expect(sentBy("a")).toEqual(["10:01"]);
    a?.crash();
    a?.start();
    await world.passTo("10:05:30");
    expect(sentBy("a")).toEqual(["10:01"]);
  });

  test("begins nothing after a restart before the database has said that it drains", async () => {
    world.putJob("job");
    const [a] = await world.startFleet("a");
    await viewHas("a");
    setDraining("a", true);
    await world.passTo("10:01:50");
    a?.crash();
    await world.passTo("10:01:57");
    a?.network.fate("machines.report", "request lost", 4);
    a?.start();
    await world.passTo("10:02:40");
    expect(sentBy("a")).toEqual([]);
    expect(world.storyOf("job")).toEqual(["10:01 missed", "10:02 missed"]);
  });

  test("with all the others leaves a miss that says so", async () => {
    world.putJob("job");
    world.putJob("spread", { run_on: "any" });
    await world.startFleet("a", "b");
    await viewHas("a", "b");
    setDraining("a", true);
    setDraining("b", true);
    await world.passTo("10:02:30");
    for (const job of ["job", "spread"]) {
      expect(world.storyOf(job)).toEqual(["10:01 missed", "10:02 missed"]);
      expect(world.recordsOf(job)[0]).toMatchObject({ reason: expect.stringContaining("draining") });
    }
  });
});
