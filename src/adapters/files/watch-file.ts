import { unwatchFile, watchFile } from "node:fs";

const LOOK_EVERY_MS = 5_000;

/** Calls back when the file's content may have changed, until the signal aborts. Looks at it now and then: works on every file system. */
export function onFileChange(path: string, callback: () => void, signal: AbortSignal): void {
  const listener = (now: { mtimeMs: number }, before: { mtimeMs: number }) => {
    if (now.mtimeMs !== before.mtimeMs) callback();
  };
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, listener);
  signal.addEventListener("abort", () => unwatchFile(path, listener), { once: true });
}
