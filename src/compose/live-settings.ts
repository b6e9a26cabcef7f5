import type { LiveConfig } from "../agent/live-config.ts";
import type { CommandResult } from "../agent/commands.ts";
import { createHttpClient } from "../adapters/undici/http-client.ts";
import type { LogHandle } from "../adapters/pino/log.ts";
import { createRedactor } from "../chain/redact/redact.ts";
import type { AgentConfig, LogLevel, Secrets } from "../model/config.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import { mongodbHosts } from "../schema/mongodb-uri.ts";

export interface LiveSettingsDeps {
  readonly initial: AgentConfig;
  /** Reads the config again; problems are named in words, without values. */
  readonly read: () => Promise<
    { readonly ok: true; readonly config: AgentConfig } | { readonly ok: false; readonly why: string }
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly setLevel: LogHandle["setLevel"];
}

/** The config as it holds at present, and how it is changed while the agent runs. */
export interface LiveSettings {
  readonly current: LiveConfig;
  /** Stays the same object; what it sends by is changed by a reload. */
  readonly http: HttpClient;
  /** @param hosts `host:port` of the servers of the open database, known by now: no request may go there */
  keepFromDatabase(hosts: () => readonly string[]): void;
  reload(): Promise<CommandResult>;
  /** Puts a level in the place of the config's; reloads leave it. @param forMs `undefined`: until the end of this process */
  setLogLevel(level: LogLevel, forMs: number | undefined): void;
  close(): Promise<void>;
}

/** @throws {ExitError} when the egress settings can't be used */
export function createLiveSettings(deps: LiveSettingsDeps): LiveSettings {
  const { log, clock } = deps;
  let config = deps.initial;
  let current = liveConfig(config);
  /** What a command set, as an object of its own each time: only the latest may end. */
  let levelSet: { readonly level: LogLevel } | undefined;
  const closing = new AbortController();
  let databaseHosts: () => readonly string[] = () => [];
  let client = httpClient(config);

  function httpClient(from: AgentConfig) {
    try {
      return createHttpClient({
        egress: from.egress,
        maxPerHost: from.runs.maxPerHost,
        mongodbHosts: () => [...mongodbHosts(from.mongodbUri), ...databaseHosts()],
        clock,
        log,
      });
    } catch (err) {
      throw new ExitError(
        EXIT.usage,
        `the config's egress can't be used: ${err instanceof Error ? err.message : String(err)}`,
      );
    }
  }

  async function reload(): Promise<CommandResult> {
    const read = await deps.read();
    if (!read.ok) return refused(`the config has problems, the former one stays in effect: ${read.why}`);
    const next = read.config;
    if (next.mongodbUri !== config.mongodbUri || next.dbName !== config.dbName) {
      return refused(
        "the database of a running agent can't be changed; restart it to do so. The former config stays in effect",
      );
    }
    try {
      client = httpClient(next);
    } catch (err) {
      return refused(err instanceof Error ? err.message : String(err));
    }
    const waiting = unchangedUntilRestart(config, next);
    config = { ...next, fleet: config.fleet, log: { ...next.log, format: config.log.format } };
    current = liveConfig(next);
    applyLogLevel();
    log.info("the config was read again and is in effect", { event: "config_changed", not_in_effect: waiting });
    const but = waiting.length === 0 ? "" : `; not in effect: ${waiting.join(", ")}`;
    return { status: "ok", result: `the config was read again${but}` };
  }

  function applyLogLevel(): void {
    deps.setLevel(levelSet?.level ?? config.log.level);
  }

  function refused(result: string): CommandResult {
    log.warn("the config was not taken into effect", { event: "config_refused", reason: result });
    return { status: "failed", result };
  }

  return {
    get current() {
      return current;
    },
    http: { exchange: (...request) => client.exchange(...request) },
    keepFromDatabase(hosts) {
      databaseHosts = hosts;
    },
    reload,
    setLogLevel(level, forMs) {
      const mine = { level };
      levelSet = mine;
      applyLogLevel();
      if (forMs === undefined) return;
      void clock.sleep(forMs, closing.signal).then(() => {
        if (levelSet !== mine) return;
        levelSet = undefined;
        applyLogLevel();
      });
    },
    close() {
      closing.abort();
      return client.close();
    },
  };
}

/** What a running agent does not change, in words. */
function unchangedUntilRestart(before: AgentConfig, next: AgentConfig): readonly string[] {
  const isSameFleet = JSON.stringify(before.fleet) === JSON.stringify(next.fleet);
  const isSameFormat = before.log.format === next.log.format;
  return [
    ...(isSameFleet ? [] : ["tz, max_serial and lease (they belong to the fleet, whose stored settings hold)"]),
    ...(isSameFormat ? [] : ["log.format (until a restart)"]),
  ];
}

function liveConfig(config: AgentConfig): LiveConfig {
  const { secrets, http, runs, labels, commandPollMs } = config;
  return {
    secrets,
    redactor: createRedactor(withPassword(secrets, config.mongodbUri)),
    http,
    runs,
    labels,
    commandPollMs,
  };
}

/** The password of MongoDB is kept out of everything like any other secret. */
function withPassword(secrets: Secrets, uri: string): Secrets {
  const written = /^[a-z+]+:\/\/[^:@/]*:([^@/]*)@/.exec(uri)?.[1];
  if (written === undefined || written === "") return secrets;
  return new Map([...secrets, ["mongodb_uri password", decoded(written)]]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
