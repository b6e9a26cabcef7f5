import { describe, expect, test } from "vitest";
import type { Job, JobId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { RunId } from "../../../src/model/run.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { RunRecord } from "../../../src/ports/run-history.ts";
import type { FleetThen, MachineThen } from "../../../src/query/why/fleet-then.ts";
import { latenessOf } from "../../../src/query/why/late-causes.ts";
import type { Outage } from "../../../src/query/why/outages.ts";

const NOON = Date.parse("2026-11-21T12:00:00Z");
const at = (seconds: number) => (NOON + seconds * 1_000) as EpochMs;
const JOB: Pick<Job, "overlap" | "runOn"> = { overlap: "skip", runOn: "leader" };

function run(claimed: number, started: number | undefined, more: Partial<RunRecord> = {}): RunRecord {
  return {
    id: "job|x|fleet" as RunId,
    jobId: "job" as JobId,
    jobName: "job",
    trigger: "schedule",
    scheduledFor: at(0),
    local: "",
    status: "ok",
    reason: undefined,
    scope: undefined,
    machineId: undefined,
    serial: undefined,
    claimedAt: at(claimed),
    startAt: started === undefined ? undefined : at(started),
    endAt: undefined,
    takeovers: 0,
    cancelRequested: false,
    revision: undefined,
    steps: [],
    stretch: undefined,
    ...more,
  };
}

function machine(name: string, more: Partial<MachineThen> = {}): MachineThen {
  return {
    machineId: name as MachineId,
    hostname: name,
    name,
    presence: "alive",
    turnedAt: undefined,
    silentSince: undefined,
    joinedNext: undefined,
    serial: 1,
    clockOffsetMs: 0,
    isFenced: false,
    isDraining: false,
    ...more,
  };
}

function fleet(more: Partial<FleetThen> = {}): FleetThen {
  const leader = { machineId: "a" as MachineId, hostname: "a", name: "a", presence: "alive" as const, next: undefined };
  return { machines: [machine("a"), machine("b")], leader, hasEvidence: true, ...more };
}

const outage = (since: number, until: number): Outage => ({
  machineId: "a",
  hostname: "a",
  since: at(since),
  until: at(until),
});

function kinds(
  record: RunRecord,
  there: FleetThen = fleet(),
  outages: readonly Outage[] = [],
  job = JOB,
): readonly string[] | undefined {
  return latenessOf(record, job, there, outages)?.causes.map((it) => it.kind);
}

describe("why a run started late", () => {
  const deadLeader = fleet({
    leader: {
      machineId: "a" as MachineId,
      hostname: "a",
      name: "a",
      presence: "silent",
      next: { hostname: "b", name: "b", at: at(8) },
    },
  });

  test("is not asked of one that started within seconds, nor of one that has not started", () => {
    expect(latenessOf(run(0.2, 0.3), JOB, deadLeader, [])).toEqual({ ms: 300, isLate: false, causes: [] });
    expect(latenessOf(run(0.2, undefined), JOB, fleet(), [])).toBeUndefined();
  });

  test.each([
    ["its leader was gone", run(8, 8), deadLeader, [], JOB, ["no_leader"]],
    ["MongoDB was away until shortly before the claim", run(20, 20), fleet(), [outage(-30, 19)], JOB, ["outage"]],
    ["an outage that came after the claim is no cause", run(8, 8), deadLeader, [outage(9, 20)], JOB, ["no_leader"]],
    [
      "nobody was alive",
      run(150, 150),
      fleet({ machines: [machine("a", { presence: "off" }), machine("b", { presence: "off" })] }),
      [],
      JOB,
      ["nobody_alive"],
    ],
    ["an agent was fenced", run(9, 9), fleet({ machines: [machine("a", { isFenced: true })] }), [], JOB, ["fenced"]],
    ["it waited for a slot", run(0.1, 30), fleet(), [], JOB, ["waited"]],
    [
      "the machine whose turn it was left it to the leader",
      run(5.2, 5.3),
      fleet(),
      [],
      { ...JOB, runOn: "any" as const },
      ["swept"],
    ],
    ["nothing that is stored tells why", run(9, 9), fleet(), [], JOB, []],
  ])("is answered by what stands beside it: %s", (_, record, there, outages, job, causes) => {
    expect(kinds(record, there, outages, job)).toEqual(causes);
  });

  test("counts from the end of its jitter, which is told, but is not late", () => {
    const found = latenessOf(run(0.1, 40.2, { dueAt: at(40) }), JOB, fleet(), []);
    expect(found).toEqual({ ms: 200, isLate: false, causes: [{ kind: "jitter", ms: 40_000 }] });
  });

  test("says whether it may have waited for an earlier run of the job", () => {
    const forEarlier = (overlap: Job["overlap"]) =>
      latenessOf(run(0.1, 30), { ...JOB, overlap }, fleet(), [])?.causes.map(
        (it) => it.kind === "waited" && it.forEarlier,
      );
    expect([forEarlier("skip"), forEarlier("queue"), forEarlier("replace"), forEarlier("allow")]).toEqual([
      [false],
      [true],
      [true],
      [false],
    ]);
  });

  test("is answered for a miss by when it was noticed", () => {
    const missed = { ...run(0, undefined), claimedAt: undefined, status: "missed" as const, recordedAt: at(150) };
    const nobody = fleet({ machines: [machine("a", { presence: "off" })] });
    expect(latenessOf(missed, JOB, nobody, [])?.causes).toEqual([
      { kind: "nobody_alive", since: undefined, until: undefined },
    ]);
  });

  test("by a fleet that was dead tells from the last renewal of the last agent until the next that joined", () => {
    const machines = [
      machine("a", { presence: "silent", silentSince: at(-50), joinedNext: at(95) }),
      machine("b", { presence: "silent", silentSince: at(-48), joinedNext: at(90) }),
      machine("c", { presence: "off", turnedAt: at(-100) }),
      machine("d", { presence: "not_joined", turnedAt: at(80), joinedNext: at(80) }),
    ];
    expect(latenessOf(run(95, 95), JOB, fleet({ machines }), [])?.causes).toEqual([
      { kind: "nobody_alive", since: at(-48), until: at(80) },
    ]);
    const oneLives = [...machines, machine("e")];
    expect(latenessOf(run(95, 95), JOB, fleet({ machines: oneLives }), [])?.causes).toEqual([]);
    const oneUnknown = [...machines, machine("e", { presence: "unknown" })];
    expect(latenessOf(run(95, 95), JOB, fleet({ machines: oneUnknown }), [])?.causes).toEqual([]);
  });
});
