import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findConfigFile } from "../adapters/files/config-file.ts";
import { fleetHome } from "../adapters/files/fleet-home.ts";
import { invalidConfig } from "../cli/problems.ts";
import type { AgentConfig } from "../model/config.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import { type LoadedConfig as ParsedConfig, parseConfig } from "../schema/config.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigFlags {
  readonly config: string | undefined;
  readonly uri: string | undefined;
  readonly db: string | undefined;
  readonly tz: string | undefined;
  readonly embedded: boolean;
}

export interface LoadedConfig extends ParsedConfig {
  /** `undefined`: there is no config file. */
  readonly path: string | undefined;
  readonly warnings: readonly Problem[];
}

/** Finds and reads the config. @throws {ExitError} naming each problem with its place. */
export async function loadConfig(flags: ConfigFlags, env: Environment): Promise<LoadedConfig> {
  const { path, parsed } = await readConfig(flags, env);
  if (parsed.ok) return { ...parsed.value, path, warnings: parsed.warnings };
  throw invalidConfig(parsed.problems, path);
}

/** @throws {ExitError} when there is any warning about the config, naming them all */
export function refuseWarnings({ path, warnings }: LoadedConfig): void {
  if (warnings.length > 0) throw invalidConfig(warnings, path);
}

/** The same as data, for a reload that must not end the agent. @throws {ExitError} when the file itself can't be read. */
export async function readConfig(
  flags: ConfigFlags,
  env: Environment,
): Promise<{ readonly path: string | undefined; readonly parsed: Parsed<ParsedConfig> }> {
  const programDir = dirname(dirname(fileURLToPath(import.meta.url)));
  const found = await findConfigFile({ flag: flags.config, env, programDir, home: fleetHome(env) });
  const parsed = parseConfig({
    text: found?.text,
    environment: env,
    flags,
    secretSources: { env: (name) => env[name], file: readSecretFile },
  });
  if (!parsed.ok || found?.readableByOthers !== true || !parsed.value.holdsSecrets)
    return { path: found?.path, parsed };
  const warning: Problem = {
    path: "",
    message: `${found.path} holds secrets and can be read by every user of this machine; run chmod 600 on it`,
    severity: "warning",
  };
  return { path: found.path, parsed: { ...parsed, warnings: [...parsed.warnings, warning] } };
}

function readSecretFile(path: string): { readonly text: string } | { readonly error: string } {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (err) {
    const code = err instanceof Error && "code" in err ? String(err.code) : "unknown error";
    return { error: code === "ENOENT" ? "the file does not exist" : `the file can't be read (${code})` };
  }
}

/** The config that a connection string alone makes. */
export function loadDefaults(uri: string): AgentConfig {
  const parsed = parseConfig({
    text: undefined,
    environment: {},
    flags: { uri },
    secretSources: { env: () => undefined, file: () => ({ error: "no file is read" }) },
  });
  if (!parsed.ok) throw new ExitError(EXIT.usage, "this connection string can't be used");
  return parsed.value.config;
}
