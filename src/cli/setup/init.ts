import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { CliDeps } from "../deps.ts";
import type { Invocation } from "../invocation.ts";
import { hasError, invalidConfig, problemLine } from "../problems.ts";

export interface InitOptions {
  readonly force?: true;
  /** False with `--no-test`. */
  readonly test: boolean;
}

interface Answers {
  readonly uri: string;
  readonly zone: string;
}

const DEFAULT_URI = "mongodb://127.0.0.1:27017";
const DEFAULT_DB = "fleetcron";

/** `init`: asks for what an agent has to know, tries it, and writes the config file. Writes nothing when anything is wrong. */
export async function init(call: Invocation, options: InitOptions): Promise<ExitCode> {
  const { deps, print, flags } = call;
  const { configFile } = deps;
  if (options.force !== true && (await configFile.exists())) {
    throw new ExitError(EXIT.conflict, `${configFile.path} exists already`, "Overwrite it with --force.");
  }
  const { uri, zone } = await answersOf(call);
  const text = `${JSON.stringify({ mongodb_uri: uri, db_name: flags.db ?? DEFAULT_DB, tz: zone }, null, 2)}\n`;
  const problems = configFile.check(text);
  if (hasError(problems)) throw invalidConfig(problems, "these answers");
  if (problems.length > 0) print.words(problems.map(problemLine).join("\n"));
  if (options.test && uri !== "embedded") await deps.testConnection(uri);
  await configFile.write(text);
  print.thing({ path: configFile.path }, () => `Wrote ${configFile.path}\nStart the agent with: fleetcron agent`);
  return EXIT.ok;
}

async function answersOf(call: Invocation): Promise<Answers> {
  const { deps, flags, isSure } = call;
  const fromEnvironment = deps.env["FLEETCRON_MONGODB_URI"];
  const hasAllAnswers = flags.uri !== undefined && flags.tz !== undefined;
  if (!hasAllAnswers && !isSure && !deps.person.isPresent) {
    throw new ExitError(
      EXIT.usage,
      "there is no terminal to ask at",
      "Give the answers as --uri and --tz, or take what is offered with --yes.",
    );
  }
  const offeredUri = fromEnvironment ?? DEFAULT_URI;
  // The environment's string may hold a password, so its name is shown instead.
  const shownUri = fromEnvironment === undefined ? DEFAULT_URI : "the one in FLEETCRON_MONGODB_URI";
  const ask = (question: string, shown: string, offered: string) =>
    isSure ? Promise.resolve(offered) : askWithOffer(deps, question, shown, offered);
  return {
    uri: flags.uri ?? (await ask('MongoDB URI, or "embedded" for a database of its own', shownUri, offeredUri)),
    zone: flags.tz ?? (await ask("Time zone of jobs that name none", deps.localZone, deps.localZone)),
  };
}

async function askWithOffer(deps: CliDeps, question: string, shown: string, offered: string): Promise<string> {
  const answer = await deps.person.ask(`${question} [${shown}]: `);
  return answer.trim() === "" ? offered : answer.trim();
}
