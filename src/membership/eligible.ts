import type { MemberFacts } from "../model/member.ts";
import type { Where } from "../model/where.ts";

/** Whether a job may run on this machine at all. */
export function matches(where: Where, machine: MemberFacts): boolean {
  return SELECTORS.every(({ isGiven, holds }) => !isGiven(where) || holds(where, machine));
}

/** Whether a machine may begin runs of a job: it matches, and does not drain. */
export function isEligible(where: Where, machine: MemberFacts): boolean {
  return !machine.isDraining && matches(where, machine);
}

const NOBODY_MATCHES = "no live machine matches";
const ALL_DRAIN = "every machine";

/** Whether a reason says that no machine fitted the job, or that all that did were draining: another try fails as well. */
export function saysNobodyFits(reason: string): "nobody_matches" | "all_drain" | undefined {
  if (reason.startsWith(NOBODY_MATCHES)) return "nobody_matches";
  return reason.startsWith(ALL_DRAIN) ? "all_drain" : undefined;
}

/** Why none of these machines may begin a run of such a job, in plain words. */
export function whyNobody(where: Where, machines: readonly MemberFacts[]): string {
  if (machines.length === 0) return "no machine was alive";
  const matching = machines.filter((it) => matches(where, it));
  if (matching.length > 0) {
    const isOnly = (hostname: string) => machines.filter((it) => it.hostname === hostname).length === 1;
    const names = matching.map((it) => (isOnly(it.hostname) ? it.hostname : it.machineId)).join(", ");
    const which = matching.length === machines.length ? ALL_DRAIN : `${ALL_DRAIN} that matches "where"`;
    return `${which} is draining (${names}); end it with: fleetcron machine undrain NAME`;
  }
  for (const { isGiven, holds, inWords } of SELECTORS) {
    if (isGiven(where) && !machines.some((it) => holds(where, it)))
      return `${NOBODY_MATCHES} the job's where: ${inWords(where)}`;
  }
  return `${NOBODY_MATCHES} all that the job's where asks for: ${whereInWords(where)}`;
}

/** What is asked for in plain words; empty for any machine. */
export function whereInWords(where: Where): string {
  return SELECTORS.filter((it) => it.isGiven(where))
    .map((it) => it.inWords(where))
    .join(" and ");
}

interface Selector {
  readonly isGiven: (where: Where) => boolean;
  readonly holds: (where: Where, machine: MemberFacts) => boolean;
  readonly inWords: (where: Where) => string;
}

const SELECTORS: readonly Selector[] = [
  {
    isGiven: ({ labels }) => Object.keys(labels).length > 0,
    holds: ({ labels }, machine) => Object.entries(labels).every(([name, value]) => labelOf(machine, name) === value),
    inWords: ({ labels }) =>
      `labels ${Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(",")}`,
  },
  {
    isGiven: ({ hostnames }) => hostnames.length > 0,
    holds: ({ hostnames }, { hostname }) => hostnames.some((it) => isLike(hostname, it)),
    inWords: ({ hostnames }) => `hostnames ${hostnames.join(", ")}`,
  },
  {
    isGiven: ({ machineIds }) => machineIds.length > 0,
    holds: ({ machineIds }, { machineId }) => machineIds.includes(machineId),
    inWords: ({ machineIds }) => `machine_ids ${machineIds.join(", ")}`,
  },
  {
    isGiven: ({ serials }) => serials.length > 0,
    holds: ({ serials }, { serial }) => serials.includes(serial),
    inWords: ({ serials }) => `serials ${serials.join(", ")}`,
  },
];

function labelOf({ labels }: MemberFacts, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/**
 * Whether a text has the form of a pattern: `*` stands for any characters, `?` for one; capitals make no difference.
 * Looks at each pair of places at most once, so no pattern takes long.
 */
function isLike(text: string, pattern: string): boolean {
  const wanted = Array.from(pattern.toLowerCase());
  const given = Array.from(text.toLowerCase());
  let inText = 0;
  let inPattern = 0;
  let afterStar: { readonly pattern: number; text: number } | undefined;
  while (inText < given.length) {
    const sign = wanted[inPattern];
    if (sign === "*") {
      inPattern++;
      afterStar = { pattern: inPattern, text: inText };
    } else if (sign === "?" || (sign !== undefined && sign === given[inText])) {
      inPattern++;
      inText++;
    } else if (afterStar === undefined) return false;
    else {
      // The last star takes in one character more.
      afterStar.text++;
      inText = afterStar.text;
      inPattern = afterStar.pattern;
    }
  }
  return wanted.slice(inPattern).every((it) => it === "*");
}
