import { setTimeout as pause } from "node:timers/promises";
import type { MongodProcess } from "./mongod-process.ts";
import { askMongod } from "./replica-set.ts";

/** How long a clean stop may take; what was acknowledged is safe either way. */
const STOP_MS_MAX = 20_000;

/** Stops a mongod cleanly, or by force after 20 s, and resolves when its process is gone. */
export async function stopMongod(mongod: MongodProcess, port: number): Promise<void> {
  if (mongod.hasEnded()) return;
  await askToStop(mongod, port);
  const giveUp = new AbortController();
  const timeUp = pause(STOP_MS_MAX, undefined, { signal: giveUp.signal }).catch(() => {});
  await Promise.race([mongod.ended, timeUp]);
  giveUp.abort();
  if (!mongod.hasEnded()) {
    sendSignal(mongod.pid, "SIGKILL");
    // The timer keeps this process here while the kernel clears the other one away.
    await Promise.race([mongod.ended, pause(STOP_MS_MAX)]);
  }
}

async function askToStop(mongod: MongodProcess, port: number): Promise<void> {
  if (process.platform !== "win32") return sendSignal(mongod.pid, "SIGTERM");
  // A signal ends a process of Windows at once. The answer to this is a closed connection.
  await askMongod(port, (admin) => admin.command({ shutdown: 1, force: true })).catch(() => {});
}

function sendSignal(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in this moment.
  }
}
