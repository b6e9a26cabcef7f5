import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Played } from "./play.ts";

/** What a thread is asked to do. */
export interface Errand {
  readonly seed: number;
  /** Lines of the timeline that come back when a promise was broken. */
  readonly lines: number;
}

/** What comes back: the story of the seed, or why it could not be played. */
export type Return = { readonly played: Played } | { readonly failed: string };

/**
 * Plays seeds on all cores, each in whichever thread is free, and hands over the stories in the order in which they end.
 * @param script the compiled `sim-thread.js` to use; a planted bug has one of its own
 * @throws when a seed can't be played at all
 */
export async function playAll(
  script: URL,
  seeds: readonly number[],
  lines: number,
  onPlayed: (played: Played) => void,
): Promise<void> {
  const left = [...seeds];
  const threads = Math.min(availableParallelism(), left.length);
  await Promise.all(Array.from({ length: threads }, () => work(script, left, lines, onPlayed)));
}

function work(script: URL, left: number[], lines: number, onPlayed: (played: Played) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(script);
    let seed: number | undefined;
    const next = (): void => {
      seed = left.shift();
      if (seed === undefined) void thread.terminate().then(() => resolve());
      else thread.postMessage({ seed, lines } satisfies Errand);
    };
    const fail = (why: unknown): void => {
      left.length = 0;
      void thread.terminate();
      reject(new Error(`seed ${seed} could not be played: ${String(why)}`));
    };
    thread.on("error", (err) => fail(err.stack));
    thread.on("message", (answer: Return) => {
      if ("failed" in answer) return fail(answer.failed);
      onPlayed(answer.played);
      next();
    });
    next();
  });
}
