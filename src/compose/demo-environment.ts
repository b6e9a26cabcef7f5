import type { Environment } from "./load-config.ts";

const PROXY = /^(https?|all)_proxy$/i;

/**
 * What the agents of the demo get from the environment of whoever runs it: neither FleetCron's settings, nor a proxy,
 * which could not reach the target on this machine.
 */
export function demoEnvironment(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("FLEETCRON_") && !PROXY.test(name)),
  );
}
