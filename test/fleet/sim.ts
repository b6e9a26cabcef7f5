import { parseArgs } from "node:util";
import { playAll } from "./crew.ts";
import { createFigures } from "./figures.ts";
import { plant } from "./plant.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import { play, type Played } from "./play.ts";

const HELP = `The fleet simulation: real agents on a virtual clock, with faults, judged at each effect.

  npm run sim -- --seed 7          replays one seed and prints its timeline (--lines 1000 for more of it)
  npm run sim -- --seeds 500       plays seeds 1 to 500 (--from 1001: from there on); exit 1 on a broken promise
  npm run sim -- --planted         plants bugs, one after the other; exit 0 only if each is found (--budget 96: most seeds for each,
                                   --only "no seq": this one)
`;

/** Lines of the timeline that are shown of a seed in which a promise was broken. */
const LINES = 120;
/** Most seeds that are tried to find one planted bug. */
const BUDGET = 96;
/** A bug that was found in so many seeds is found. */
const FINDS = 3;
/** Seeds that are tried before it is looked whether that is enough. */
const TRIED_TOGETHER = 8;

const COMPILED = new URL("../../", import.meta.url);
const OWN_THREAD = new URL("sim-thread.js", import.meta.url);

async function replay(seed: number, lines: number): Promise<boolean> {
  const played = await play(seed, lines);
  print(played.scenario);
  print(played.timeline);
  const figures = createFigures();
  figures.add(played);
  printViolations(played);
  print(figures.line);
  return played.violations.length === 0;
}

async function playMany(from: number, count: number): Promise<boolean> {
  const figures = createFigures();
  const broken: Played[] = [];
  await playAll(OWN_THREAD, range(from, count), LINES, (played) => {
    figures.add(played);
    if (played.violations.length > 0) broken.push(played);
  });
  const [first] = broken.sort((a, b) => a.seed - b.seed);
  if (first !== undefined) {
    print(`seed ${first.seed}\n${first.scenario}\n\n${first.timeline}\n`);
    for (const it of broken) printViolations(it);
  }
  print(figures.line);
  return broken.length === 0;
}

function printViolations({ seed, violations }: Played): void {
  for (const { promise, what, at } of violations)
    print(`seed ${seed}, ${new Date(at).toISOString()}: ${promise} IS BROKEN: ${what}`);
  if (violations.length > 0) print(`  replay it: npm run sim -- --seed ${seed}`);
}

async function findPlanted(from: number, budget: number, only: string | undefined): Promise<boolean> {
  const bugs = PLANTED_BUGS.filter((it) => only === undefined || it.name === only);
  let isEachFound = bugs.length > 0;
  for (const bug of bugs) {
    const thread = await plant(COMPILED, bug);
    const found: Played[] = [];
    let tried = 0;
    while (tried < budget && found.length < FINDS) {
      const some = Math.min(TRIED_TOGETHER, budget - tried);
      await playAll(thread, range(from + tried, some), 0, (it) => {
        if (it.violations.length > 0) found.push(it);
      });
      tried += some;
    }
    const [first] = found.sort((a, b) => a.seed - b.seed);
    const why = first?.violations[0];
    const how = why === undefined ? "NOT FOUND" : `first by seed ${first?.seed}: ${why.promise}, ${why.what}`;
    print(`${bug.name}: found in ${found.length} of ${tried} seeds; ${how}`);
    isEachFound &&= found.length > 0;
  }
  return isEachFound;
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      lines: { type: "string", default: "400" },
      planted: { type: "boolean", default: false },
      budget: { type: "string", default: String(BUDGET) },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.seed !== undefined) return replay(Number(values.seed), Number(values.lines));
  if (values.seeds !== undefined) return playMany(Number(values.from), Number(values.seeds));
  if (values.planted) return findPlanted(Number(values.from), Number(values.budget), values.only);
  print(HELP);
  return values.help;
}

process.exitCode = (await main()) ? 0 : 1;
