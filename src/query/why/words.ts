import { adviceFor } from "./advice.ts";
import type { ScopeAnswer, WhyAnswer } from "./answer.ts";
import { dueWords, versionWords } from "./due-words.ts";
import { aliveWords, ledByWords, outageWords } from "./fleet-words.ts";
import { headlineOf, machineName } from "./headline.ts";
import { claimWords, handoverWords, lateWords, madeUpWords, stepWords } from "./run-words.ts";
import { createSayTime, type SayTime } from "./say-time.ts";

/** An answer in plain words. */
export interface WhyWords {
  /** What became of it, in one sentence; on machines that differ, one for each group of them. */
  readonly headlines: readonly string[];
  /** What stands behind it, by names such as `due`; a name of several lines is repeated. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  /** What to do, where there is something to do. */
  readonly advice: string | undefined;
}

/** How many machines of a group are named. */
const NAMED_MAX = 5;

export function wordsOf(answer: WhyAnswer): WhyWords {
  const say = createSayTime(answer.zone, answer.at);
  const groups = groupsOf(answer, say);
  const headlines = groups.map(({ headline, members }) => `${whereWords(members, answer, groups.length)}${headline}`);
  const first = answer.scopes.find((it) => it.outcome.kind !== "not_chosen") ?? answer.scopes[0];
  if (first === undefined) return { headlines: ["There is no machine in this fleet."], facts: [], advice: undefined };
  return {
    headlines,
    facts: [
      ...fact("due", dueWords(first, answer, say)),
      ...fact("job", versionWords(first, say)),
      ...groups.flatMap(({ members: [one] }) =>
        one === undefined ? [] : runFacts(one, answer, say, groups.length > 1),
      ),
      ...(answer.at > answer.now ? [] : fleetFacts(answer, say)),
    ],
    advice: adviceFor(answer),
  };
}

interface Group {
  readonly headline: string;
  readonly members: readonly ScopeAnswer[];
}

/** Machines of which the same is to be said, together. */
function groupsOf(answer: WhyAnswer, say: SayTime): readonly Group[] {
  const isMany = answer.scopes.length > 1;
  const groups = new Map<string, ScopeAnswer[]>();
  for (const scope of answer.scopes) {
    const headline = headlineOf(scope, answer, say, isMany);
    const members = groups.get(headline) ?? [];
    members.push(scope);
    groups.set(headline, members);
  }
  return [...groups].map(([headline, members]) => ({ headline, members }));
}

function whereWords(members: readonly ScopeAnswer[], answer: WhyAnswer, groups: number): string {
  const names = members.flatMap((it) => (it.machine === undefined ? [] : machineName(it.machine.machineId, answer)));
  if (names.length === 0) return "";
  if (groups === 1 && answer.scopes.length > 1) return `On all ${answer.scopes.length} machines: `;
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
  return `On ${names.slice(0, NAMED_MAX).join(", ")}${more}: `;
}

type Facts = (readonly [string, string])[];

/** @param isOneOfSeveral machines differ, so each line names its own */
function runFacts(scope: ScopeAnswer, answer: WhyAnswer, say: SayTime, isOneOfSeveral: boolean): Facts {
  const prefix =
    isOneOfSeveral && scope.machine !== undefined ? `${machineName(scope.machine.machineId, answer)}: ` : "";
  const facts: Facts = [
    ...fact("claimed", claimWords(scope, answer, say)),
    ...fact("late", lateWords(scope, answer, say)),
    ...fact("made up", madeUpWords(scope, answer, say)),
    ...handoverWords(scope, answer, say).flatMap((it) => fact("went on", it)),
    ...stepWords(scope, say).flatMap((it) => fact("step", it)),
  ];
  return facts.map(([name, text]) => [name, `${prefix}${text}`] as const);
}

function fleetFacts(answer: WhyAnswer, say: SayTime): Facts {
  return [
    ...fact("led by", ledByWords(answer, say)),
    ...fact("alive", aliveWords(answer, say)),
    ...fact("MongoDB", outageWords(answer, say)),
  ];
}

function fact(name: string, text: string | undefined): Facts {
  return text === undefined ? [] : [[name, text]];
}
