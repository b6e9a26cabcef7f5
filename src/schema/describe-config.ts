import type { AgentConfig } from "../model/config.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import type { RetryPolicy } from "../model/retry.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";
import { mongodbHosts } from "./mongodb-uri.ts";
import { emptyMap } from "./plain-object.ts";

/** The config as its file would say it, fit to be shown: of the URIs only hosts, of the secrets only names. */
export function describeConfig(config: AgentConfig): JsonObject {
  const { lease } = config.fleet;
  return {
    mongodb_uri: config.mongodbUri === "embedded" ? "embedded" : `hosts: ${mongodbHosts(config.mongodbUri).join(", ")}`,
    db_name: config.dbName,
    tz: config.fleet.zone,
    max_serial: config.fleet.maxSerial,
    lease: {
      heartbeat_sec: lease.heartbeatMs / SECOND_MS,
      ttl_sec: lease.ttlMs / SECOND_MS,
      guard_sec: lease.guardMs / SECOND_MS,
    },
    labels: config.labels,
    secrets: secretNames(config),
    http_defaults: {
      timeout_sec: config.http.timeoutMs / SECOND_MS,
      retry: describeRetry(config.http.retry),
      max_body_bytes: config.http.maxBodyBytes,
    },
    egress: {
      allow_hosts: config.egress.allowHosts,
      deny_nets: config.egress.denyNets,
      public_only: config.egress.publicOnly,
      proxy: proxyHost(config.egress.proxy),
      ca_file: config.egress.caFile ?? null,
    },
    runs: {
      max_concurrent: config.runs.maxConcurrent,
      max_per_host: config.runs.maxPerHost,
      keep_ok_days: config.runs.keepOkMs / DAY_MS,
      keep_failed_days: config.runs.keepFailedMs / DAY_MS,
      stop_grace_sec: config.runs.stopGraceMs / SECOND_MS,
    },
    commands: { poll_sec: config.commandPollMs / SECOND_MS },
    log: { level: config.log.level, format: config.log.format },
  };
}

function describeRetry({ retries, delayMs, backoff, maxDelayMs, jitter, on, totalMs }: RetryPolicy): JsonObject {
  return {
    retries,
    delay_sec: delayMs / SECOND_MS,
    backoff,
    ...(maxDelayMs === undefined ? {} : { max_delay_sec: maxDelayMs / SECOND_MS }),
    ...(jitter === undefined ? {} : { jitter }),
    ...(on === undefined ? {} : { on }),
    ...(totalMs === undefined ? {} : { total_sec: totalMs / SECOND_MS }),
  };
}

function secretNames(config: AgentConfig): JsonValue {
  const names = emptyMap<string>();
  for (const name of config.secrets.keys()) names[name] = "(set)";
  return names;
}

/** A proxy's address may hold a password. */
function proxyHost(proxy: string): string {
  if (proxy === "env" || proxy === "none") return proxy;
  return URL.canParse(proxy) ? `host: ${new URL(proxy).host}` : "(set)";
}
