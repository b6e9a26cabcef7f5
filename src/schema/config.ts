import type { AgentConfig } from "../model/config.ts";
import type { Parsed } from "../model/problem.ts";
import { SECOND_MS } from "../model/time.ts";
import {
  type ConfigFlags,
  type Environment,
  type Origin,
  overridden,
  type Override,
  overridesOf,
} from "./config-source.ts";
import { originsOf } from "./config-origins.ts";
import { readEgress } from "./egress-fields.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { Findings, type Border } from "./findings.ts";
import { MAX_SERIAL_DEFAULT, MAX_SERIAL_LIMIT, readLease, ZONE_DEFAULT } from "./fleet-fields.ts";
import { readHttpDefaults } from "./http-default-fields.ts";
import { parseJsonc } from "./jsonc.ts";
import { readLabels, readLabelText } from "./labels-field.ts";
import { mongodbUriProblem } from "./mongodb-uri.ts";
import { readNumber, readSeconds } from "./numbers.ts";
import { readChoice, readFilledText, readFlag } from "./read-values.ts";
import { readRunLimits } from "./run-limit-fields.ts";
import { readSecrets, type SecretSources } from "./secret-fields.ts";
import { holdsSecrets } from "./written-secrets.ts";
import { readZone } from "./zone-field.ts";

/** A config file above this is no config file. */
const CONFIG_BYTES_MAX = 1024 * 1024;

/** Everything that a config is made of. */
export interface ConfigInput {
  /** The content of the config file; `undefined` when there is none. */
  readonly text: string | undefined;
  readonly environment: Environment;
  readonly flags: ConfigFlags;
  readonly secretSources: SecretSources;
}

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** Where each setting of `describeConfig` comes from, by its JSON Pointer. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Whether the file itself holds a password or another secret. */
  readonly holdsSecrets: boolean;
}

/** Texts of a config can be passwords, so no message quotes one. */
const CONFIG_BORDER: Border = { takesTextNumbers: false, quotesTexts: false };

const WAYS = 'run "fleetcron init", set FLEETCRON_MONGODB_URI, or start the agent with --embedded';

/** Fields of the original's third version that ours has no use for. */
const ORIGINAL_FIELDS = ["max_order", "default_order", "order_field"] as const;

const CONFIG_FIELDS = [
  "$schema",
  "mongodb_uri",
  "db_name",
  "tz",
  "max_serial",
  "lease",
  "labels",
  "secrets",
  "http_defaults",
  "egress",
  "runs",
  "commands",
  "log",
  "web",
  ...ORIGINAL_FIELDS,
] as const;

/**
 * Puts the config together: flag over environment over file over default. All problems are named at once, with their
 * place; no message holds a value of a secret or of the connection string.
 */
export function parseConfig(input: ConfigInput): Parsed<LoadedConfig> {
  const findings = new Findings(CONFIG_BORDER);
  const overrides = overridesOf(input.flags, input.environment);
  if (input.flags.uri !== undefined && input.flags.embedded === true) {
    findings.error("/mongodb_uri", "--uri and --embedded exclude each other; keep one");
  }
  if (input.text === undefined && !overrides.has("/mongodb_uri")) {
    findings.error("", `there is no config: ${WAYS}`);
    return findings.conclude<LoadedConfig>(undefined);
  }
  const file = readFile(input.text);
  if (!file.ok) return file;
  const root: Field = { path: "", value: file.value, notes: findings };
  const config = readConfig(root, overrides, input.secretSources);
  return findings.conclude(
    config && {
      config,
      origins: originsOf(config, file.value, overrides),
      holdsSecrets: holdsSecrets(file.value),
    },
  );
}

function readFile(text: string | undefined): Parsed<unknown> {
  if (text === undefined) return { ok: true, value: {}, warnings: [] };
  if (text.length <= CONFIG_BYTES_MAX) return parseJsonc(text);
  const message = `is larger than ${CONFIG_BYTES_MAX} bytes, so it is no config file`;
  return { ok: false, problems: [{ path: "", message, severity: "error" }] };
}

function readConfig(
  root: Field,
  overrides: ReadonlyMap<string, Override>,
  secretSources: SecretSources,
): AgentConfig | undefined {
  if (root.value === null) root.notes.error("", "must be an object, got null");
  const open = openObject(root, CONFIG_FIELDS);
  if (open === undefined) return undefined;
  const field = (name: (typeof CONFIG_FIELDS)[number]): Field => overridden(open(name), overrides);
  for (const name of ORIGINAL_FIELDS) {
    if (!isAbsent(field(name)))
      field(name).notes.warn(field(name).path, "is of the original FleetCron and has no effect");
  }
  noteWeb(field("web"));
  const maxSerial = readNumber(field("max_serial"), { min: 1, max: MAX_SERIAL_LIMIT, whole: true });
  return {
    mongodbUri: readUri(field("mongodb_uri")),
    dbName: readDbName(field("db_name")),
    fleet: {
      zone: readZone(field("tz")) ?? ZONE_DEFAULT,
      maxSerial: maxSerial ?? MAX_SERIAL_DEFAULT,
      lease: readLease(field("lease")),
    },
    labels: readLabelsFrom(field("labels"), overrides.get("/labels")),
    secrets: readSecrets(field("secrets"), secretSources),
    http: readHttpDefaults(field("http_defaults")),
    egress: readEgress(field("egress")),
    runs: readRunLimits(field("runs")),
    commandPollMs: readCommands(field("commands")),
    log: readLog(field("log"), overrides),
  };
}

function readUri(field: Field): string {
  if (isAbsent(field)) field.notes.error(field.path, `is missing: ${WAYS}`);
  const uri = readFilledText(field);
  const problem = uri === undefined || uri === "embedded" ? undefined : mongodbUriProblem(uri);
  if (problem !== undefined) field.notes.error(field.path, problem);
  return uri ?? "";
}

/** MongoDB's own rule for names of databases. */
function readDbName(field: Field): string {
  const name = readFilledText(field) ?? "fleetcron";
  if (/[/\\. "$*<>:|?\p{Cc}]/u.test(name) || Buffer.byteLength(name) > 63) {
    field.notes.error(field.path, 'must be at most 63 bytes without a space and without any of / \\ . " $ * < > : | ?');
  }
  return name;
}

function readLabelsFrom(field: Field, override: Override | undefined): Readonly<Record<string, string>> {
  return (override === undefined ? readLabels(field) : readLabelText(field, override.value)) ?? {};
}

function readCommands(field: Field): number {
  const fields = openObject(field, ["poll_sec"]);
  return (fields && readSeconds(fields("poll_sec"), 0.1, 3_600)) ?? 10 * SECOND_MS;
}

function readLog(field: Field, overrides: ReadonlyMap<string, Override>): AgentConfig["log"] {
  const fields = openObject(field, ["level", "format"]);
  const level = overridden(fields?.("level") ?? { ...field, path: "/log/level", value: undefined }, overrides);
  return {
    level: readChoice(level, ["info", "debug", "warn", "error"]) ?? "info",
    format: (fields && readChoice(fields("format"), ["auto", "json", "pretty"])) ?? "auto",
  };
}

function noteWeb(field: Field): void {
  const fields = openObject(field, ["enabled", "listen"]);
  if (fields !== undefined && readFlag(fields("enabled")) === true) {
    fields("enabled").notes.warn(fields("enabled").path, "this version has no dashboard; set it to false");
  }
}
