import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { uptime } from "node:os";
import { promisify } from "node:util";
import { createSystemClock } from "../system/system-clock.ts";

const COMMAND_MS_MAX = 2_000;
/** The two readings behind a derived start time are not taken at one instant, and wall time is corrected now and then. */
const DERIVED_STEP_MS = 10_000;

/** Names the time since this machine last started: the same text for every process until it starts again. */
export async function readBootId(): Promise<string> {
  return (await ofLinux()) ?? (await ofMac()) ?? derived();
}

async function ofLinux(): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return text.trim() || undefined;
}

async function ofMac(): Promise<string | undefined> {
  if (process.platform !== "darwin") return undefined;
  const asked = await promisify(execFile)("sysctl", ["-n", "kern.bootsessionuuid"], { timeout: COMMAND_MS_MAX }).catch(
    () => undefined,
  );
  return asked?.stdout.trim() || undefined;
}

/** A change of wall time makes another id of the same boot: that costs a restarted agent a ttl and breaks nothing. */
function derived(): string {
  const startedAt = createSystemClock().wallNow() - uptime() * 1_000;
  return `started-${Math.round(startedAt / DERIVED_STEP_MS)}`;
}
