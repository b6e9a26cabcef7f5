/**
 * Resolves when everything in this process has gone on that waits for nothing outside of it. For those who pass time
 * themselves: whoever is still waiting then waits for time.
 */
export type NextTurn = () => Promise<void>;
