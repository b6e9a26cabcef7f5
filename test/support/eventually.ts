import { setTimeout as pause } from "node:timers/promises";

const LOOK_EVERY_MS = 25;

/**
 * The first answer of `look` that is not `undefined`.
 * @param what is waited for, for the message when it does not come
 * @throws when nothing came within the deadline
 */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`within ${deadlineMs} ms there was no: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
