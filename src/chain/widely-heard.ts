import { setMaxListeners } from "node:events";

/**
 * A controller whose signal any number of waits may listen to at once: one per run under way, say. Each of them takes
 * its listener back, so Node's warning of a leak would be a false one.
 */
export function widelyHeard(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
