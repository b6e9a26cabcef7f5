import { notesFrom } from "./findings.ts";
import type { Field } from "./field.ts";

/** Settings given on the command line. */
export interface ConfigFlags {
  readonly uri?: string | undefined;
  /** `--embedded`: the agent looks after a mongod of its own. */
  readonly embedded?: boolean | undefined;
  readonly db?: string | undefined;
  readonly tz?: string | undefined;
  /** `site=seoul,role=db`. */
  readonly labels?: string | undefined;
  readonly logLevel?: string | undefined;
}

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a setting comes from; the first wins. */
export type Origin = "flag" | "environment" | "file" | "default";

/** A setting that stands above the file. */
export interface Override {
  readonly value: string;
  readonly origin: "flag" | "environment";
  /** The flag or variable, for messages. */
  readonly source: string;
}

/** What flags and environment say, by the pointer of the setting. An empty variable counts as not set. */
export function overridesOf(flags: ConfigFlags, environment: Environment): ReadonlyMap<string, Override> {
  const overrides = new Map<string, Override>();
  const put = (pointer: string, origin: Override["origin"], source: string, value: string | undefined): void => {
    if (value !== undefined && !overrides.has(pointer)) overrides.set(pointer, { value, origin, source });
  };
  put("/mongodb_uri", "flag", "--uri", flags.uri);
  put("/mongodb_uri", "flag", "--embedded", flags.embedded === true ? "embedded" : undefined);
  put("/db_name", "flag", "--db", flags.db);
  put("/tz", "flag", "--tz", flags.tz);
  put("/labels", "flag", "--labels", flags.labels);
  put("/log/level", "flag", "--log-level", flags.logLevel);
  const VARIABLES = {
    "/mongodb_uri": "MONGODB_URI",
    "/db_name": "DB",
    "/tz": "TZ",
    "/labels": "LABELS",
    "/log/level": "LOG_LEVEL",
  };
  for (const [pointer, suffix] of Object.entries(VARIABLES)) {
    const name = `FLEETCRON_${suffix}`;
    put(pointer, "environment", name, environment[name] === "" ? undefined : environment[name]);
  }
  return overrides;
}

/** The field as the highest source says it; messages then name that source. */
export function overridden(field: Field, overrides: ReadonlyMap<string, Override>): Field {
  const override = overrides.get(field.path);
  if (override === undefined) return field;
  return { path: field.path, value: override.value, notes: notesFrom(`(from ${override.source})`, field.notes) };
}
