import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { RevisionId } from "../../src/model/job.ts";
import { ExactDecimal, type JsonObject, type JsonValue } from "../../src/model/json.ts";
import type { MachineId } from "../../src/model/machine.ts";
import { type Run, type RunChange, type RunHold, type Step, stepKey } from "../../src/model/run.ts";
import type { RunOwner, WriteOutcome } from "../../src/ports/run-store.ts";
import { at, holdOf, innerStep, jobId, keyOf, MINUTE, missed, run, serial, session, step } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

const OK_END: RunChange = { steps: [], end: { status: "ok", reason: undefined, endAt: at(900) } };
const CANCELLED_END: RunChange = { steps: [], end: { status: "cancelled", reason: "asked", endAt: at(900) } };

/** As objects from outside are: without a prototype. */
function bare(object: JsonObject): JsonObject {
  return Object.assign(Object.create(null), object);
}

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
  const reassign = async (held: RunHold, to: RunOwner, isCounted = true): Promise<boolean | undefined> =>
    (await stores.takeovers.reassign([{ hold: held, to, isCounted }]))[0];
  const handBack = async (
    hold: RunHold,
    to: RunOwner | undefined,
    isUntouched: boolean,
  ): Promise<boolean | undefined> => (await stores.takeovers.handBack([{ hold, to, isUntouched }]))[0];
  const adopt = async (hold: RunHold): Promise<Run | undefined> => (await stores.takeovers.adopt([hold]))[0];
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
      await adopt(holdOf(claimed));
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

  describe("what a run was given and what its steps took out of answers", () => {
    const hard = bare({
      "json$.items[0].id": 9_007_199_254_740_993n,
      "header:x.y": "$$NOW",
      "": [null, true, 0.1, 1e21, -0, new ExactDecimal("0.10"), 10n ** 40n, bare({ $int: "1", $$a: bare({ $: 2 }) })],
      half: "\ud800 \u0000",
      own: bare({ ["__proto__"]: "x", constructor: null }),
      deep: Array.from({ length: 200 }).reduce<JsonValue>((inner) => bare({ "a.b": inner }), 1n),
    });

    test("comes back as the very same value, however odd", async () => {
      const claimed = await claim(run("r", { vars: hard, steps: [step(0, { values: hard })] }));
      const read = await liveRun();
      expect(read?.vars).toStrictEqual(claimed.vars);
      expect(read?.steps[0]?.values).toStrictEqual(hard);
      expect(Object.is(sixth(read?.steps[0]), -0)).toBe(true);
      await write(holdOf(claimed), { steps: [step(0, { values: bare({ n: 1n }) }), step(1, { values: hard })] });
      const [first, second] = (await liveRun())?.steps ?? [];
      expect(first?.values).toStrictEqual(bare({ n: 1n }));
      expect(second?.values).toStrictEqual(hard);
    });

    const sixth = (of: Step | undefined) => (of?.values?.[""] as readonly unknown[] | undefined)?.[4];

    test("is nothing where nothing was said", async () => {
      await claim(run("r", { steps: [step(0)] }));
      const read = await liveRun();
      expect(read).not.toHaveProperty("vars");
      expect(read?.steps[0]).toStrictEqual(step(0));
    });
  });

  describe("steps that are parts of others", () => {
    const items = { total: 12, ok: 1, failed: 1, skipped: 0 };
    const loop = step(2, { status: "running", items });
    const inner = [
      innerStep("2", 0, { status: "error", error: "status 500" }),
      innerStep("2", 2, { status: "running" }),
      innerStep("2/2", 0, { status: "waiting", polls: 3, startedAt: at(70), nextAttemptAt: at(90) }),
      innerStep("2/2", 1, { part: "finally", values: bare({ "a.b": 1n }), hasSensitiveValues: true }),
      innerStep("2", 10, { status: "running", called: "revision-2" as RevisionId }),
    ];
    const steps = [step(0), step(1), loop, ...inner, step(3, { part: "on_failure" }), step(11, { part: "finally" })];

    test("read back each behind what it is a part of, in the order of their places", async () => {
      await claim(run("r", { steps: [...steps].reverse() }));
      expect((await liveRun())?.steps).toStrictEqual(steps);
      expect((await adopt(holdOf(run("r"))))?.steps).toStrictEqual(steps);
      await write({ ...next(run("r")), token: 2 }, { steps: [step(4)] });
      expect((await liveRun())?.steps).toStrictEqual([...steps.slice(0, -1), step(4), ...steps.slice(-1)]);
    });

    test("are written, changed and forgotten one by one", async () => {
      const claimed = await claim(run("r", { steps: [step(0), step(1)] }));
      const changes: readonly RunChange[] = [
        { steps: [loop, ...inner] },
        { steps: [innerStep("2", 2, { status: "ok" })], forgotten: [keyOf("2/2/0"), keyOf("2/2/1"), keyOf("2/7/7")] },
        { steps: [innerStep("2", 10, { status: "error" })] },
      ];
      let hold = holdOf(claimed);
      for (const change of changes) {
        expect(await write(hold, change)).toBe("stored");
        expect(await write(hold, change)).toBe("stored");
        hold = next(hold);
      }
      expect((await liveRun())?.steps).toStrictEqual([
        step(0),
        step(1),
        loop,
        innerStep("2", 0, { status: "error", error: "status 500" }),
        innerStep("2", 2, { status: "ok" }),
        innerStep("2", 10, { status: "error" }),
      ]);
    });

    test("that are made again in the write that forgets them stay", async () => {
      const claimed = await claim(run("r", { steps }));
      const again = innerStep("2/2", 0, { attempts: 2 });
      await write(holdOf(claimed), { steps: [again], forgotten: [keyOf("2/2/0"), keyOf("2/2/1")] });
      const inTwo = (await liveRun())?.steps.filter((it) => it.parent === "2/2");
      expect(inTwo).toStrictEqual([again]);
    });

    test("start with their run, at their own places", async () => {
      const waiting = await claim(run("r", { status: "waiting", startAt: undefined }));
      const first = [step(3, { status: "running" }), innerStep("3", 0, { status: "running" }), innerStep("3/0", 0)];
      expect(await write(holdOf(waiting), { startAt: at(4_000), steps: first })).toBe("stored");
      expect(await write(next(waiting), { steps: [step(0)], forgotten: [keyOf("3/0/0")] })).toBe("stored");
      expect((await liveRun())?.steps).toStrictEqual([step(0), ...first.slice(0, 2)]);
    });

    test("are in the write that ends their run as cancelled", async () => {
      const claimed = await claim(run("r", { steps }));
      const ended = [step(7, { part: "finally" }), innerStep("2", 2, { status: "error" }), innerStep("2", 11)];
      const change = { ...CANCELLED_END, steps: ended, forgotten: [keyOf("2/2/0"), keyOf("2/2/1")] };
      expect(await write(holdOf(claimed), change)).toBe("stored");
      const left = steps.filter((it) => it.parent !== "2/2" && stepKey(it) !== "2/2");
      const [last = step(11)] = left.slice(-1);
      const expected = [...left.slice(0, 4), ended[1], left[4], ended[2], left[5], ended[0], last];
      expect((await world.readers().runs.find(claimed.id))?.steps).toStrictEqual(expected);
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

    test("may change hundreds of steps at its beginning and at its end, with places left empty between them", async () => {
      const waiting = await claim(run("r", { status: "waiting", startAt: undefined }));
      const skipped = Array.from({ length: 300 }, (_, index) => step(index, { status: "skipped_when", attempts: 0 }));
      const first = skipped.filter((it) => it.index % 7 !== 3 && it.index < 250);
      expect(await write(holdOf(waiting), { startAt: at(4_000), steps: first })).toBe("stored");
      expect((await liveRun())?.steps).toStrictEqual(first);
      const last = skipped.filter((it) => it.index % 5 === 0 && it.index > 20).map((it) => ({ ...it, error: "$late" }));
      expect(await write(next(waiting), { ...CANCELLED_END, steps: last })).toBe("stored");
      const expected = skipped.flatMap(
        (it) => last.find(({ index }) => index === it.index) ?? (first.includes(it) ? it : []),
      );
      expect((await world.readers().runs.find(waiting.id))?.steps).toStrictEqual(expected);
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

    test("that cleans up after a request to cancel is stored, keeps the request, and is held by token and seq", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      const cleaning = { steps: [step(4, { part: "finally" })], despiteCancel: true };
      await stores.takeovers.requestCancel(claimed.id, "asked");
      const hold = holdOf(claimed);
      expect(await write({ ...hold, token: 2 }, cleaning)).toBe("lost");
      expect(await write({ ...hold, seq: 7 }, cleaning)).toBe("lost");
      expect(await write(hold, cleaning)).toBe("stored");
      expect(await write(hold, cleaning)).toBe("stored");
      expect(await liveRun()).toMatchObject({ cancelRequested: true, seq: 1, steps: [step(0), cleaning.steps[0]] });
      expect(await write(next(hold), { ...OK_END, despiteCancel: true })).toBe("cancel_requested");
      expect(await write(next(hold), { steps: [step(4)] })).toBe("cancel_requested");
      expect(await write(next(hold), { ...CANCELLED_END, despiteCancel: true })).toBe("stored");
      expect(await world.reasonOf(claimed.id)).toBe("asked");
    });

    test("that cleans up is stored also where no cancel was requested", async () => {
      const claimed = await claim(run("r"));
      expect(await write(holdOf(claimed), { steps: [step(0)], despiteCancel: true })).toBe("stored");
      expect(await write(next(claimed), OK_END)).toBe("stored");
    });

    test("shares its way with others, and each has its own outcome", async () => {
      const a = await claim(run("a"));
      const b = await claim(run("b"));
      const c = await claim(run("c"));
      await stores.takeovers.requestCancel(b.id, "asked");
      await adopt(holdOf(c));
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
      expect(await reassign(holdOf(claimed), heir)).toBe(true);
      expect(await reassign(holdOf(claimed), heir)).toBe(true);
      expect(await reassign(holdOf(claimed), { ...heir, session: session("late") })).toBe(false);
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
      const handed = await Promise.all(heirs.map((it) => reassign(holdOf(claimed), it)));
      expect(handed.filter(Boolean).length).toBe(1);
      const [winner] = heirs.filter((_, index) => handed[index]);
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual([winner?.session]);
    });

    test("is not handed over by the token that it had before", async () => {
      const claimed = await claim(run("r"));
      await adopt(holdOf(claimed));
      expect(await reassign(holdOf(claimed), heir)).toBe(false);
    });

    test("counts no takeover when it had no part in the end of its owner", async () => {
      const claimed = await claim(run("r", { takeovers: 3 }));
      expect(await reassign(holdOf(claimed), heir, false)).toBe(true);
      expect(await liveRun("heir")).toMatchObject({ token: 2, seq: 1, takeovers: 3, claimedBy: "machine-2" });
    });

    test("is handed over together with others, each to its own heir; who was too late hears so", async () => {
      const [a, b, c] = [await claim(run("a")), await claim(run("b")), await claim(run("c"))];
      const to = (name: string) => ({ ...heir, session: session(name) });
      await reassign(holdOf(b), to("somebody"));
      const moves = [
        { hold: holdOf(a), to: to("heir-a"), isCounted: true },
        { hold: holdOf(b), to: to("heir-b"), isCounted: true },
        { hold: holdOf(c), to: to("heir-c"), isCounted: false },
      ];
      expect(await stores.takeovers.reassign(moves)).toEqual([true, false, true]);
      expect(await stores.takeovers.reassign(moves)).toEqual([true, false, true]);
      expect(await stores.takeovers.reassign([])).toEqual([]);
      expect(await liveRun("heir-a")).toMatchObject({ id: "a", token: 2, takeovers: 1 });
      expect(await liveRun("heir-c")).toMatchObject({ id: "c", token: 2, takeovers: 0 });
    });

    test("is not handed over when it has ended", async () => {
      const claimed = await claim(run("r"));
      await write(holdOf(claimed), OK_END);
      expect(await reassign(holdOf(claimed), heir)).toBe(false);
      expect(await stores.takeovers.sessionsWithLiveRuns()).toEqual([]);
    });
  });

  describe("a run that its owner hands back", () => {
    const heir = { session: session("heir"), serial: serial(2), machineId: "machine-2" as MachineId };

    test("goes to another in one step, counts no takeover, and is out of the owner's hands", async () => {
      const claimed = await claim(run("r", { steps: [step(0, { status: "waiting" })] }));
      expect(await handBack(holdOf(claimed), heir, true)).toBe(true);
      expect(await handBack(holdOf(claimed), heir, true)).toBe(true);
      const handed = await liveRun("heir");
      expect(handed).toMatchObject({ token: 2, seq: 1, takeovers: 0, serial: 2, handedBack: true });
      expect(handed?.claimedBy).toBe("machine-2");
      expect(await write(holdOf(claimed), OK_END)).toBe("lost");
      const adopted = handed && (await adopt(holdOf(handed)));
      expect(adopted).toMatchObject({ token: 3, handedBack: false });
    });

    test("counts no takeover either when it is given on before anybody has begun with it", async () => {
      const claimed = await claim(run("r"));
      await handBack(holdOf(claimed), undefined, true);
      const marked = await liveRun();
      expect(marked).toMatchObject({ session: "session-1", token: 1, seq: 1, takeovers: 0, handedBack: true });
      expect(marked && (await reassign(holdOf(marked), heir))).toBe(true);
      expect(await liveRun("heir")).toMatchObject({ takeovers: 0, handedBack: true });
    });

    test("with a step in doubt has no mark: what comes next counts", async () => {
      const claimed = await claim(run("r", { steps: [step(0)] }));
      expect(await handBack(holdOf(claimed), heir, false)).toBe(true);
      expect(await liveRun("heir")).toMatchObject({ takeovers: 0, handedBack: false });
    });

    test("goes together with others, each its own way; one that has moved on stays, and a second try says the same", async () => {
      const [a, b, c] = [await claim(run("a")), await claim(run("b")), await claim(run("c"))];
      await write(holdOf(b), { steps: [step(0)] });
      const returns = [
        { hold: holdOf(a), to: heir, isUntouched: true },
        { hold: holdOf(b), to: heir, isUntouched: true },
        { hold: holdOf(c), to: undefined, isUntouched: true },
      ];
      expect(await stores.takeovers.handBack(returns)).toEqual([true, false, true]);
      expect(await stores.takeovers.handBack(returns)).toEqual([true, false, true]);
      expect(await stores.takeovers.handBack([])).toEqual([]);
      expect(await liveRun("heir")).toMatchObject({ id: "a", token: 2, takeovers: 0, handedBack: true });
    });

    test("stays where it is when it has moved on meanwhile", async () => {
      const claimed = await claim(run("r"));
      await write(holdOf(claimed), { steps: [step(0)] });
      for (const to of [heir, undefined]) expect(await handBack(holdOf(claimed), to, true)).toBe(false);
      expect(await liveRun()).toMatchObject({ seq: 1, handedBack: false });
    });
  });

  test("a run in an own session's name is adopted by one of two who try", async () => {
    const claimed = await claim(run("r"));
    expect(await stores.takeovers.liveHoldsOf(session("session-1"))).toEqual([
      { ...holdOf(claimed), cancelRequested: false },
    ]);
    const adopted = await Promise.all([1, 2].map(() => adopt(holdOf(claimed))));
    expect(adopted.filter((it) => it !== undefined)).toMatchObject([{ id: "r", token: 2, seq: 1, takeovers: 0 }]);
    expect(await write(holdOf(claimed), OK_END)).toBe("lost");
  });

  test("runs are adopted together; when one has moved on, the others are found by the next look", async () => {
    const [a, b] = [await claim(run("a")), await claim(run("b"))];
    expect(await stores.takeovers.adopt([holdOf(b), holdOf(a)])).toMatchObject([
      { id: "b", token: 2, seq: 1 },
      { id: "a", token: 2, seq: 1 },
    ]);
    const c = await claim(run("c"));
    expect(await stores.takeovers.adopt([holdOf(c), holdOf(a)])).toEqual([undefined, undefined]);
    const holds = await stores.takeovers.liveHoldsOf(session("session-1"));
    const adopted = await stores.takeovers.adopt(holds);
    expect(adopted.map((it) => it?.id)).toEqual(holds.map((it) => it.id));
    expect(await stores.takeovers.adopt([])).toEqual([]);
  });

  test("a run that has moved on since it was looked at is adopted by nobody", async () => {
    const claimed = await claim(run("r"));
    await write(holdOf(claimed), { steps: [step(0)] });
    expect(await adopt(holdOf(claimed))).toBeUndefined();
    expect(await liveRun()).toMatchObject({ token: 1, seq: 1 });
  });
});
