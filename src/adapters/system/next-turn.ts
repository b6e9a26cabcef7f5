import type { NextTurn } from "../../ports/next-turn.ts";

/** Promises that can go on do so before the event loop comes to its next round. */
export const nextTurn: NextTurn = () => new Promise((resolve) => setImmediate(resolve));
