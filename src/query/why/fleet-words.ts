import { exactLength } from "../../model/exact-length.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { WhyAnswer } from "./answer.ts";
import type { FleetThen, MachineThen, Presence } from "./fleet-then.ts";
import { machineName } from "./headline.ts";
import type { SayTime } from "./say-time.ts";

/** How many machines and outages are named. */
const NAMED_MAX = 8;

/** Who led at the minute, and who next if that was soon. */
export function ledByWords({ fleet }: WhyAnswer, say: SayTime): string {
  const { leader } = fleet;
  if (leader === undefined) return noEvidence(fleet, "nobody, as far as events tell");
  const next = leader.next === undefined ? "" : `; from ${say.clock(leader.next.at)} on ${leader.next.name}`;
  const how = leader.presence === "alive" ? "" : ` (${LEADER[leader.presence]})`;
  return leader.presence === "alive" ? leader.name : `${leader.name}${how}${next}`;
}

const LEADER: Readonly<Record<Exclude<Presence, "alive">, string>> = {
  silent: "named as leader, but silent by then",
  off: "named as leader, but gone",
  not_joined: "named as leader, but it had not joined",
  unknown: "no event tells whether it was alive",
};

/** Which machines were alive, with their clocks where they differ, and which were not. */
export function aliveWords({ fleet }: WhyAnswer, say: SayTime): string {
  const { machines } = fleet;
  if (machines.length === 0) return "no machine is known";
  const joined = machines.filter((it) => it.presence !== "not_joined");
  const alive = joined.filter((it) => it.presence === "alive");
  const silent = joined.filter((it) => it.presence === "silent");
  const off = joined.filter((it) => it.presence === "off");
  const unknown = joined.filter((it) => it.presence === "unknown");
  const parts = [
    `${alive.length} of ${joined.length}${listed(alive, (it) => `${plainName(it)}${traits(it)}`)}`,
    part("silent", silent, (it) => `${it.name}${silence(it, say)}`),
    part("off", off, (it) => `${it.name} (${it.turnedAt === undefined ? "" : "since "}${turned(it, say)})`),
    part("no event tells about", unknown, (it) => it.name),
  ];
  return parts.filter((it) => it !== "").join("; ");
}

/** Its serial is said beside it. */
function plainName({ name, machineId, hostname }: MachineThen): string {
  return name === machineId ? name : hostname;
}

function part(name: string, machines: readonly MachineThen[], say: (machine: MachineThen) => string): string {
  return machines.length === 0 ? "" : `${name}${listed(machines, say)}`;
}

function listed(machines: readonly MachineThen[], say: (machine: MachineThen) => string): string {
  if (machines.length === 0) return "";
  const more = machines.length > NAMED_MAX ? ` and ${machines.length - NAMED_MAX} more` : "";
  return `: ${machines.slice(0, NAMED_MAX).map(say).join(", ")}${more}`;
}

function turned({ turnedAt }: MachineThen, say: SayTime): string {
  return turnedAt === undefined ? "at a time that no event tells" : say.clock(turnedAt);
}

function silence({ silentSince, turnedAt }: MachineThen, say: SayTime): string {
  const since = silentSince === undefined ? "" : `since ${say.clock(silentSince)}; `;
  return turnedAt === undefined
    ? ` (${since}its session was not ended yet)`
    : ` (${since}its session was ended at ${say.clock(turnedAt)})`;
}

function traits({ serial, clockOffsetMs, isFenced, isDraining }: MachineThen): string {
  const words = [
    serial === undefined ? "" : `serial ${serial}`,
    offsetWords(clockOffsetMs),
    isFenced ? "fenced: its renewals were not acknowledged" : "",
    isDraining ? "draining" : "",
  ].filter((it) => it !== "");
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

/** Clocks that are right go without saying. */
function offsetWords(offsetMs: number | undefined): string {
  if (offsetMs === undefined) return "clock unknown";
  if (Math.abs(offsetMs) <= SECOND_MS) return "";
  return `clock ${exactLength(Math.abs(offsetMs))} ${offsetMs > 0 ? "ahead" : "behind"}`;
}

/** In which time MongoDB did not answer, as the machines told afterwards. */
export function outageWords({ outages, fleet }: WhyAnswer, say: SayTime): string {
  if (outages.length === 0) return fleet.hasEvidence ? "no outage is told" : noEvidence(fleet, "");
  const told = outages
    .slice(0, NAMED_MAX)
    .map(
      (it) =>
        `did not answer ${machineName(it.machineId, { fleet }, it.hostname)} from ${say.clock(it.since)} to ${say.clock(it.until)}`,
    );
  const more = outages.length > NAMED_MAX ? `; and ${outages.length - NAMED_MAX} more outages` : "";
  return `${told.join("; ")}${more}`;
}

function noEvidence({ hasEvidence }: FleetThen, otherwise: string): string {
  return hasEvidence ? otherwise : "no evidence: events are kept for a later time only";
}
