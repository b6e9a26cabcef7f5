import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Run, RunChange, RunHold } from "../../src/model/run.ts";
import type { WriteOutcome } from "../../src/ports/run-store.ts";
import { at, holdOf, jobId, MINUTE, missed, run, serial, session, step } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

const OK_END: RunChange = { steps: [], end: { status: "ok", reason: undefined, endAt: at(900) } };
const CANCELLED_END: RunChange = { steps: [], end: { status: "cancelled", reason: "asked", endAt: at(900) } };

describe.each(WORLDS)("in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  const claim = async (claimed: Run): Promise<Run> => {
    expect(await stores.claims.insert([claimed])).toEqual([{ outcome: "inserted" }]);
    return claimed;
  };
  const write = async (hold: RunHold, change: RunChange, keepMs?: number): Promise<WriteOutcome> => {
    const [outcome] = await stores.runs.write([{ hold, change, keepMs }]);
    if (outcome === undefined) throw new Error("a write without an outcome");
    return outcome;
  };
  const liveRun = async (holder = "session-1"): Promise<Run | undefined> =>
    (await stores.takeovers.liveRunsOf(session(holder)))[0];
  const next = (hold: RunHold): RunHold => ({ ...holdOf(hold), seq: hold.seq + 1 });

  describe("an occurrence", () => {
    test("F17: is claimed by one of 40", async () => {
      const claims = Array.from({ length: 40 }, (_, index) => run("r", { session: session(`s${index}`) }));
      const outcomes = await Promise.all(claims.map((it) => stores.claims.insert([it])));
      expect(outcomes.flat().filter((it) => it.outcome === "inserted")).toHaveLength(1);
      expect(outcomes.flat().filter((it) => it.outcome === "exists")).toHaveLength(39);
    });

    test("claimed again in the same words counts as claimed", async () => {
      const claimed = await claim(run("r"));
      expect(await stores.claims.insert([claimed])).toEqual([{ outcome: "inserted" }]);
      const later = run("r", { claimedAt: at(51) });
      expect(await stores.claims.insert([later])).toEqual([{ outcome: "exists", stretchLast: undefined }]);
    });

    test("claimed again after the run was taken over is another's", async () => {
      const claimed = await claim(run("r"));
      await stores.takeovers.adopt(holdOf(claimed));
      expect(await stores.claims.insert([claimed])).toMatchObject([{ outcome: "exists" }]);
    });

    test("that is missed gets no run, and one that runs is not missed", async () => {
      const stretch = { last: at(600_000), count: 11 };
      expect(await stores.claims.insert([missed("m", { stretch })])).toEqual([{ outcome: "inserted" }]);
      expect(await stores.claims.insert([missed("m", { stretch })])).toEqual([{ outcome: "inserted" }]);
      expect(await stores.claims.insert([run("m")])).toEqual([{ outcome: "exists", stretchLast: at(600_000) }]);
      await claim(run("r"));
      expect(await stores.claims.insert([missed("r")])).toEqual([{ outcome: "exists", stretchLast: undefined }]);
    });

    test("is one of many in a batch, with outcomes in the order given", async () => {
      await claim(run("r300"));
      const batch = Array.from({ length: 600 }, (_, index) => run(`r${index}`, { session: session("other") }));
      const outcomes = await stores.claims.insert(batch);
      expect(outcomes).toHaveLength(600);
      expect(outcomes.flatMap((it, index) => (it.outcome === "exists" ? [index] : []))).toEqual([300]);
      expect(await stores.takeovers.liveHoldsOf(session("other"))).toHaveLength(599);
    });

    test("reads back as it was claimed, names that look like expressions included", async () => {
      const nextAttemptAt = at(5_000);
      const steps = [step(0, { name: "$$NOW", status: "waiting", error: "$x", statusCode: 500, nextAttemptAt })];
      const claimed = await claim(
        run("$r|2026-11-21T05:30Z|fleet", { jobName: "$name", steps, scope: "m" as MachineId }),
      );
      expect(await liveRun()).toMatchObject(claimed);
    });
  });

  test("live runs are found by job and scope in the order of their times, but not those that a person asked for", async () => {
    await claim(run("late", { scheduledFor: at(120_000) }));
    await claim(run("a", { status: "waiting", startAt: undefined }));
    await claim(run("b", { jobId: jobId("job-2"), scope: "machine-9" as MachineId }));
    await claim(run("c", { jobId: jobId("job-3"), trigger: "manual" }));
    const ended = await claim(run("d", { jobId: jobId("job-4") }));
    await write(holdOf(ended), OK_END);
    const jobs = ["job-1", "job-2", "job-3", "job-4"].map(jobId);
    await stores.takeovers.requestCancel(run("late").id, "asked");
    const first = { id: "a", jobId: "job-1", trigger: "schedule", scheduledFor: MINUTE, status: "waiting" };
    expect(await stores.claims.liveRuns(jobs, undefined)).toEqual([
      { ...first, cancelRequested: false },
      { ...first, id: "late", scheduledFor: at(120_000), status: "running", cancelRequested: true },
    ]);
    const ofMachine = await stores.claims.liveRuns(jobs, "machine-9" as MachineId);
    expect(ofMachine).toMatchObject([{ id: "b", jobId: "job-2" }]);
    expect(await stores.claims.liveRuns([jobId("job-2")], undefined)).toEqual([]);
  });

  test("the first record of a window is found, whatever it is; not another scope's, job's or person's", async () => {
    const window = (afterMs: number, upToMs: number) => ({ after: at(afterMs), upTo: at(upToMs) });
    const first = (afterMs: number, upToMs: number) =>
      stores.claims.firstRecordIn(jobId("job-1"), undefined, window(afterMs, upToMs));
    await claim(run("by hand", { trigger: "manual", scheduledFor: at(1_000) }));
    await claim(run("other", { jobId: jobId("job-2"), scheduledFor: at(1_000) }));
    await claim(run("of machine", { scope: "machine-9" as MachineId, scheduledFor: at(1_000) }));
    expect(await first(0, 300_000)).toBeUndefined();
    await claim(run("late", { scheduledFor: at(240_000) }));
    await stores.claims.insert([missed("missed", { scheduledFor: at(120_000) })]);
    expect(await first(0, 300_000)).toBe(at(120_000));
    expect(await first(120_000, 300_000)).toBe(at(240_000));
    expect(await first(120_000, 239_999)).toBeUndefined();
    expect(await first(239_999, 240_000)).toBe(at(240_000));
  });

  describe("a write into a run", () => {
    test("is stored once, also when it is repeated", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      const done = { steps: [step(0, { status: "ok", statusCode: 200 }), step(1)] };
      expect(await write(holdOf(claimed), done)).toBe("stored");
      expect(await write(holdOf(claimed), done)).toBe("stored");
      expect(await liveRun()).toMatchObject({ seq: 1, steps: done.steps });
      expect(await write(next(claimed), { steps: [step(1, { attempts: 2 })] })).toBe("stored");
      expect(await liveRun()).toMatchObject({ seq: 2, steps: [done.steps[0], step(1, { attempts: 2 })] });
    });

    test("starts a waiting run and keeps the steps that it had", async () => {
      const waiting = run("r", { status: "waiting", startAt: undefined });
      await claim(waiting);
      expect(await write(holdOf(waiting), { startAt: at(4_000), steps: [step(0, { name: "$$NOW" })] })).toBe("stored");
      expect(await liveRun()).toMatchObject({
        status: "running",
        startAt: at(4_000),
        steps: [step(0, { name: "$$NOW" })],
      });

      const three = run("t", {
        status: "waiting",
        startAt: undefined,
        steps: [step(0), step(1), step(2)],
        session: session("s2"),
      });
      await claim(three);
      const changed = [step(1, { attempts: 7 })];
      expect(await write(holdOf(three), { startAt: at(4_000), steps: changed })).toBe("stored");
      expect((await liveRun("s2"))?.steps).toEqual([step(0), step(1, { attempts: 7 }), step(2)]);
    });

    test("F14: is lost when the run is in another hold, has moved on or has ended", async () => {
      const claimed = await claim(run("r"));
      const hold = holdOf(claimed);
      expect(await write({ ...hold, session: session("other") }, OK_END)).toBe("lost");
      expect(await write({ ...hold, token: 2 }, OK_END)).toBe("lost");
      expect(await write({ ...hold, seq: 5 }, OK_END)).toBe("lost");
      expect(await write({ ...hold, id: run("unknown").id }, OK_END)).toBe("lost");
      expect(await write(hold, OK_END)).toBe("stored");
      expect(await write(next(hold), OK_END)).toBe("lost");
      expect(await liveRun()).toBeUndefined();
    });

    test("counts what is late from when the run was due", async () => {
      const waiting = run("r", { status: "waiting", startAt: undefined, dueAt: at(30_000) });
      await claim(waiting);
      expect(await liveRun()).toMatchObject({ dueAt: at(30_000) });
      await write(holdOf(waiting), { startAt: at(30_250), steps: [step(0)] });
      expect(await liveRun()).toMatchObject({ dueAt: at(30_000), startAt: at(30_250), steps: [step(0)] });
    });

    test("that ends a run as cancelled takes the first reason that was given for it", async () => {
      const [asked, silent] = [await claim(run("asked")), await claim(run("silent"))];
      await stores.takeovers.requestCancel(asked.id, "$by a person");
      await stores.takeovers.requestCancel(asked.id, "a later reason");
      const end = { ...CANCELLED_END, steps: [step(0, { status: "error", error: "$cancelled" })] };
      for (const it of [asked, silent]) expect(await write(holdOf(it), end)).toBe("stored");
      expect(await world.reasonOf(asked.id)).toBe("$by a person");
      expect(await world.reasonOf(silent.id)).toBe("asked");
    });

    test("is refused once the run is to be cancelled, except its end as cancelled", async () => {
      const claimed = await claim(run("r"));
      expect(await stores.takeovers.requestCancel(claimed.id, "asked")).toBe("requested");
      expect(await write(holdOf(claimed), OK_END)).toBe("cancel_requested");
      expect(await write(holdOf(claimed), { steps: [step(0)] })).toBe("cancel_requested");
      expect(await write(holdOf(claimed), CANCELLED_END)).toBe("stored");
      expect(await stores.takeovers.requestCancel(claimed.id, "asked")).toBe("not_live");
      expect(await stores.takeovers.requestCancel(run("unknown").id, "asked")).toBe("unknown_run");
    });

    test("shares its way with others, and each has its own outcome", async () => {
      const a = await claim(run("a"));
      const b = await claim(run("b"));
      const c = await claim(run("c"));
      await stores.takeovers.requestCancel(b.id, "asked");
      await stores.takeovers.adopt(holdOf(c));
      const writes = [a, b, c].map((it) => ({ hold: holdOf(it), change: OK_END, keepMs: 1_000 }));
      expect(await stores.runs.write(writes)).toEqual(["stored", "cancel_requested", "lost"]);
      expect(await stores.runs.write([])).toEqual([]);
    });
  });

  describe("a run of a dead session", () => {
    const heir = { session: session("heir"), serial: serial(2), machineId: "machine-2" as MachineId };

    test("F17: is handed to another once, and its old owner changes nothing any more", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual(["session-1"]);
      expect(await stores.takeovers.reassign(holdOf(claimed), heir)).toBe(true);
      expect(await stores.takeovers.reassign(holdOf(claimed), heir)).toBe(true);
      expect(await stores.takeovers.reassign(holdOf(claimed), { ...heir, session: session("late") })).toBe(false);
      const handed = await liveRun("heir");
      expect(handed).toMatchObject({
        token: 2,
        seq: 1,
        takeovers: 1,
        serial: 2,
        claimedBy: "machine-2",
        steps: [step(0)],
      });
      expect(await write(holdOf(claimed), OK_END)).toBe("lost");
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual(["heir"]);
    });

    test("F17: is handed to one of 20 who are to have it at the same time", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      const heirs = Array.from({ length: 20 }, (_, index) => ({ ...heir, session: session(`heir-${index}`) }));
      const handed = await Promise.all(heirs.map((it) => stores.takeovers.reassign(holdOf(claimed), it)));
      expect(handed.filter(Boolean).length).toBe(1);
      const [winner] = heirs.filter((_, index) => handed[index]);
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual([winner?.session]);
    });

    test("is not handed over by the token that it had before", async () => {
      const claimed = await claim(run("r"));
      await stores.takeovers.adopt(holdOf(claimed));
      expect(await stores.takeovers.reassign(holdOf(claimed), heir)).toBe(false);
    });

    test("is not handed over when it has ended", async () => {
      const claimed = await claim(run("r"));
      await write(holdOf(claimed), OK_END);
      expect(await stores.takeovers.reassign(holdOf(claimed), heir)).toBe(false);
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual([]);
    });
  });

  describe("a run that its owner hands back", () => {
    const heir = { session: session("heir"), serial: serial(2), machineId: "machine-2" as MachineId };

    test("goes to another in one step, counts no takeover, and is out of the owner's hands", async () => {
      const claimed = await claim(run("r", { steps: [step(0, { status: "waiting" })] }));
      expect(await stores.takeovers.handBack(holdOf(claimed), heir, true)).toBe(true);
      expect(await stores.takeovers.handBack(holdOf(claimed), heir, true)).toBe(true);
      const handed = await liveRun("heir");
      expect(handed).toMatchObject({ token: 2, seq: 1, takeovers: 0, serial: 2, handedBack: true });
      expect(handed?.claimedBy).toBe("machine-2");
      expect(await write(holdOf(claimed), OK_END)).toBe("lost");
      const adopted = handed && (await stores.takeovers.adopt(holdOf(handed)));
      expect(adopted).toMatchObject({ token: 3, handedBack: false });
    });

    test("counts no takeover either when it is given on before anybody has begun with it", async () => {
      const claimed = await claim(run("r"));
      await stores.takeovers.handBack(holdOf(claimed), undefined, true);
      const marked = await liveRun();
      expect(marked).toMatchObject({ session: "session-1", token: 1, seq: 1, takeovers: 0, handedBack: true });
      expect(marked && (await stores.takeovers.reassign(holdOf(marked), heir))).toBe(true);
      expect(await liveRun("heir")).toMatchObject({ takeovers: 0, handedBack: true });
    });

    test("with a step in doubt has no mark: what comes next counts", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      expect(await stores.takeovers.handBack(holdOf(claimed), heir, false)).toBe(true);
      expect(await liveRun("heir")).toMatchObject({ takeovers: 0, handedBack: false });
    });

    test("stays where it is when it has moved on meanwhile", async () => {
      const claimed = await claim(run("r"));
      await write(holdOf(claimed), { steps: [step(0)] });
      for (const to of [heir, undefined])
        expect(await stores.takeovers.handBack(holdOf(claimed), to, true)).toBe(false);
      expect(await liveRun()).toMatchObject({ seq: 1, handedBack: false });
    });
  });

  test("a run in an own session's name is adopted by one of two who try", async () => {
    const claimed = await claim(run("r"));
    expect(await stores.takeovers.liveHoldsOf(session("session-1"))).toEqual([
      { ...holdOf(claimed), cancelRequested: false },
    ]);
    const adopted = await Promise.all([1, 2].map(() => stores.takeovers.adopt(holdOf(claimed))));
    expect(adopted.filter((it) => it !== undefined)).toMatchObject([{ id: "r", token: 2, seq: 1, takeovers: 0 }]);
    expect(await write(holdOf(claimed), OK_END)).toBe("lost");
  });

  test("a run that has moved on since it was looked at is adopted by nobody", async () => {
    const claimed = await claim(run("r"));
    await write(holdOf(claimed), { steps: [step(0)] });
    expect(await stores.takeovers.adopt(holdOf(claimed))).toBeUndefined();
    expect(await liveRun()).toMatchObject({ token: 1, seq: 1 });
  });
});
