/** Resolves when the signal aborts; `release` forgets the signal, so that long-lived ones gather no listeners. */
export function whenAborted(signal: AbortSignal): {
  readonly aborted: Promise<"aborted">;
  readonly release: () => void;
} {
  let release = (): void => {};
  const aborted = new Promise<"aborted">((resolve) => {
    const onAbort = (): void => resolve("aborted");
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    release = () => signal.removeEventListener("abort", onAbort);
  });
  return { aborted, release };
}
