import { widelyHeard } from "../chain/widely-heard.ts";

/** A signal that aborts when the first of these does; released, it listens to none of them any more. */
export interface FirstOf {
  readonly signal: AbortSignal;
  release(): void;
}

export function firstOf(...sources: readonly AbortSignal[]): FirstOf {
  const control = widelyHeard();
  const abort = (): void => control.abort();
  if (sources.some((it) => it.aborted)) abort();
  for (const source of sources) source.addEventListener("abort", abort, { once: true });
  return {
    signal: control.signal,
    release() {
      for (const source of sources) source.removeEventListener("abort", abort);
    },
  };
}
