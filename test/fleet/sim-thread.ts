import { parentPort } from "node:worker_threads";
import type { Errand, Return } from "./crew.ts";
import { play } from "./play.ts";

// Many errors are part of every story, and nobody reads where in the code they were made.
Error.stackTraceLimit = 0;

parentPort?.on("message", ({ seed, lines }: Errand) => {
  play(seed, lines).then(
    (played) => parentPort?.postMessage({ played } satisfies Return),
    (err: unknown) =>
      parentPort?.postMessage({
        failed: err instanceof Error ? (err.stack ?? err.message) : String(err),
      } satisfies Return),
  );
});
