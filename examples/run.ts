import { parseArgs } from "node:util";
import { example as fanOut } from "./fan-out/play.ts";
import { example as healthQuorum } from "./health-quorum/play.ts";
import { example as labMonitor } from "./lab-monitor/play.ts";
import { example as nightlyBackup } from "./nightly-backup/play.ts";
import { type Example, type Flags, UsageError } from "./stage/example.ts";
import { reportText } from "./stage/report.ts";
import { createStage } from "./stage/stage.ts";
import { example as tokenRefresh } from "./token-refresh/play.ts";

const EXAMPLES: readonly Example[] = [healthQuorum, nightlyBackup, tokenRefresh, fanOut, labMonitor];
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Words about what happens go to stderr, the report to stdout. */
const say = (line: string) => void process.stderr.write(`${line}\n`);

/** `npm run example -- NAME`: exit code 0 when all that the report checks holds, 1 when it does not, 2 for a wrong call. */
async function main([name, ...args]: readonly string[]): Promise<number> {
  const example = EXAMPLES.find((it) => it.name === name);
  if (example === undefined) {
    if (name !== undefined) say(`There is no example "${name}".`);
    say("npm run example -- NAME, where NAME is one of:");
    for (const { name: known, about } of EXAMPLES) say(`  ${known.padEnd(16)}${about}`);
    return name === undefined ? EXIT.ok : EXIT.usage;
  }
  try {
    const { values } = parseArgs({ args, options: example.options, strict: true });
    return await play(example, values as Flags);
  } catch (err) {
    say(err instanceof Error ? err.message : String(err));
    return isWrongCall(err) ? EXIT.usage : EXIT.failed;
  }
}

function isWrongCall(err: unknown): boolean {
  const isFromParseArgs = err instanceof TypeError && "code" in err && String(err.code).startsWith("ERR_PARSE_ARGS");
  return isFromParseArgs || err instanceof UsageError;
}

async function play(example: Example, flags: Flags): Promise<number> {
  const stage = createStage(say);
  try {
    const report = await Promise.race([example.play(stage, flags), interruption()]);
    process.stdout.write(`${reportText(report)}\n`);
    return report.checks.every((it) => it.holds) ? EXIT.ok : EXIT.failed;
  } finally {
    await stage.clear();
  }
}

function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    const interrupt = () => reject(new Error("Interrupted; cleaning up."));
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  });
}

// What an interrupted example still waits for must not keep the process.
process.exit(await main(process.argv.slice(2)));
