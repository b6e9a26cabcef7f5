import { matches } from "../../membership/eligible.ts";
import type { Job, RevisionId } from "../../model/job.ts";
import type { MachineId } from "../../model/machine.ts";
import { isHolding } from "../../model/pause.ts";
import type { Serial } from "../../model/member.ts";
import { type EpochMs, SECOND_MS } from "../../model/time.ts";
import type { MachineRecord } from "../../ports/machine-store.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import type { AskedTime } from "./asked-time.ts";
import { dueAt, type DueThen } from "./due-then.ts";
import type { AskedJob, ReadVersion, WhyEvidence } from "./evidence.ts";
import { fleetAt, type FleetThen } from "./fleet-then.ts";
import { type Handover, handoversOf } from "./handovers.ts";
import { type InForce, inForceAt } from "./in-force.ts";
import { type Lateness, latenessOf } from "./late-causes.ts";
import { type Outage, outagesIn } from "./outages.ts";
import { type Outcome, outcomeOf, standingOf } from "./outcome.ts";

/** Why a job ran, ran late or did not run at one minute. */
export interface WhyAnswer {
  readonly job: AskedJob;
  readonly at: EpochMs;
  readonly now: EpochMs;
  /** The zone in which times are said: the job's. */
  readonly zone: string;
  readonly asked: AskedTime;
  /** One for the fleet, or one for each machine. */
  readonly scopes: readonly ScopeAnswer[];
  readonly fleet: FleetThen;
  /** While the occurrence was to be claimed. */
  readonly outages: readonly Outage[];
  readonly oldestEvent: EpochMs | undefined;
  readonly isLedNow: boolean;
  /** Those that hold a serial at present. */
  readonly machinesNow: ReadonlySet<MachineId>;
}

export interface ScopeAnswer {
  /** `undefined`: once in the fleet. */
  readonly machine: { readonly machineId: MachineId; readonly hostname: string } | undefined;
  readonly inForce: InForce;
  /** The job as it was; `undefined` when no version was in force or it is not stored any more. */
  readonly version: Job | undefined;
  readonly due: DueThen | undefined;
  readonly outcome: Outcome;
  readonly lateness: Lateness | undefined;
  readonly handovers: readonly Handover[];
  /** A run that a person had made afterwards for this occurrence. */
  readonly madeUp: RunRecord | undefined;
}

/** For how long after the minute outages are looked at when there is no record. */
const SETTLING_MS = 60 * SECOND_MS;

/** Draws the conclusions from what is stored. */
export async function answerOf(evidence: WhyEvidence, asked: AskedTime, readVersion: ReadVersion): Promise<WhyAnswer> {
  const { at, job, fleetZone, machines, held, leader, members, oldestEvent, now } = evidence;
  const fleet = fleetAt(at, { events: members, oldestEvent, machines, held, leader });
  const outages = outagesIn(evidence.outages, at, lastMomentOf(evidence));
  const ofFleet = await standingIn(evidence, undefined, readVersion);
  const isAll = ofFleet.version?.runOn === "all" || (ofFleet.version === undefined && isOfMachines(evidence));
  const inMachines = isAll
    ? await Promise.all(scopesOf(evidence).map((it) => standingIn(evidence, it, readVersion)))
    : [];
  const scopes = (isAll ? inMachines : [ofFleet]).map((it) => scopeAnswer(evidence, it, asked, fleet, outages));
  const zone =
    scopes[0]?.version?.schedule.zone ??
    (job.document?.parsed.ok ? job.document.parsed.value.schedule.zone : undefined);
  return {
    job,
    at,
    now,
    zone: zone ?? fleetZone,
    asked,
    scopes,
    fleet,
    outages,
    oldestEvent,
    isLedNow: held.some((it) => it.session === leader.session),
    machinesNow: new Set(held.map((it) => it.machineId)),
  };
}

/** The moment at which the occurrence was given its record, the last of all scopes. */
function lastMomentOf({ at, records }: WhyEvidence): EpochMs {
  const moments = records.flatMap((it) => it.claimedAt ?? it.recordedAt ?? []);
  return Math.max(at + SETTLING_MS, ...moments) as EpochMs;
}

interface Standing {
  readonly scope: MachineId | undefined;
  readonly record: RunRecord | undefined;
  /** A run that a person had made afterwards for it. */
  readonly madeUp: RunRecord | undefined;
  readonly inForce: InForce;
  readonly version: Job | undefined;
}

/** What was in force in one scope. A record names the version by which it was made. */
async function standingIn(
  evidence: WhyEvidence,
  scope: MachineId | undefined,
  readVersion: ReadVersion,
): Promise<Standing> {
  const { at, now, records, versions, job } = evidence;
  const own = records.filter((it) => it.scope === scope);
  const record = own.find((it) => it.trigger !== "backfill");
  const madeUp = own.find((it) => it.trigger === "backfill");
  if (at > now) {
    const version = job.document?.parsed.ok === true ? job.document.parsed.value : undefined;
    return { scope, record, madeUp, inForce: { kind: "never_planned" }, version };
  }
  const changes = evidence.changes.filter((it) => it.scope === scope);
  const cursor = scope === undefined ? evidence.fleetCursor : evidence.machineCursors.get(scope);
  const told = inForceAt(at, { changes, versions, cursor });
  const inForce = record?.revision === undefined ? told : byRecord(told, record.revision);
  const version = inForce.kind === "version" ? await readVersion(inForce.revision) : undefined;
  return { scope, record, madeUp, inForce, version };
}

function byRecord(told: InForce, revision: RevisionId): InForce {
  if (told.kind === "version" && told.revision === revision && told.grounds === "event") return told;
  return { kind: "version", revision, since: undefined, grounds: "record", fleetZone: undefined, notBefore: undefined };
}

/** Where no version for the fleet was in force, the job may have been one of every machine. */
function isOfMachines({ records, machineCursors, changes, job, at, now }: WhyEvidence): boolean {
  if (records.length > 0) return records.some((it) => it.scope !== undefined);
  const runOn = job.document?.parsed.ok === true ? job.document.parsed.value.runOn : undefined;
  if (at > now) return runOn === "all";
  if (changes.some((it) => it.scope === undefined)) return false;
  return machineCursors.size > 0 || changes.length > 0 || runOn === "all";
}

function scopesOf({ machines, records }: WhyEvidence): readonly MachineId[] {
  return [...new Set([...machines.map((it) => it.machineId), ...records.flatMap((it) => it.scope ?? [])])];
}

function scopeAnswer(
  evidence: WhyEvidence,
  { scope, record, madeUp, inForce, version }: Standing,
  asked: AskedTime,
  fleet: FleetThen,
  outages: readonly Outage[],
): ScopeAnswer {
  const { at, now, machines, job } = evidence;
  const zone = (inForce.kind === "version" ? inForce.fleetZone : undefined) ?? evidence.fleetZone;
  const due = version === undefined ? undefined : dueAt(version, zone, at, asked.inGap).due;
  const machine = machines.find((it) => it.machineId === scope);
  const present = job.document?.parsed.ok === true ? job.document.parsed.value : undefined;
  const chooser = version ?? present;
  const outcome = outcomeOf({
    at,
    now,
    record,
    inForce,
    due,
    cursor: scope === undefined ? evidence.fleetCursor : evidence.machineCursors.get(scope),
    standing: standingOf(present, job.document !== undefined, isHolding(evidence.pause, at)),
    machine,
    isChosen: chooser === undefined || machine === undefined || isChosen(chooser, machine, evidence),
    firstJoinedAt: firstJoined(machines),
  });
  return {
    machine: scope === undefined ? undefined : { machineId: scope, hostname: machine?.hostname ?? scope },
    inForce,
    version,
    due,
    outcome,
    lateness: record === undefined ? undefined : latenessOf(record, version, fleet, outages),
    madeUp,
    handovers: record === undefined ? [] : handoversOf(record.id, evidence.handovers),
  };
}

function isChosen({ where }: Job, machine: MachineRecord, { held }: WhyEvidence): boolean {
  const sighting = held.find((it) => it.machineId === machine.machineId);
  const serial = sighting?.serial ?? machine.serial ?? (0 as Serial);
  return matches(where, { ...machine, serial, isDraining: false });
}

function firstJoined(machines: readonly MachineRecord[]): EpochMs | undefined {
  const joined = machines.map((it) => it.joinedAt).sort((a, b) => a - b);
  return joined[0];
}
