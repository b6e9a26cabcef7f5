/** Wakes polls up; polling stays the truth. */
export interface Changes {
  /** Calls back after a change in one of the collections, until the signal aborts. Reconnects by itself; never rejects. */
  listen(onChange: (collection: "jobs" | "commands") => void, signal: AbortSignal): Promise<void>;
}
