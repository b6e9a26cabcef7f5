/** One bug to be planted into a copy of the compiled program: a piece of text that must be there exactly once. */
export interface PlantedBug {
  readonly name: string;
  /** Below `src` or `test`, compiled. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const MEMORY_RUNS = "test/support/memory/run-stores.js";
const MEMORY_SERIALS = "test/support/memory/serial-store.js";

/**
 * Each takes one guard of the protocol away. Those that sit in the conditions of an update are planted into the memory
 * stores, which the conformance suite holds to MongoDB's answers; the others into the agent itself.
 */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "no seq",
    file: MEMORY_RUNS,
    find: "if (run.seq !== hold.seq || !isLive(run))",
    replace: "if (!isLive(run))",
  },
  {
    name: "neither token nor seq",
    file: MEMORY_RUNS,
    find: 'if (run.session !== hold.session || run.token !== hold.token)\n            return "lost";\n        if (run.seq === hold.seq + 1)\n            return "stored";\n        if (run.seq !== hold.seq || !isLive(run))',
    replace: "if (run.session !== hold.session || !isLive(run))",
  },
  {
    name: "no intent",
    file: "src/chain/flow/http-step.js",
    find: "if (await course.save())",
    replace: "if (true)",
  },
  {
    name: "trust window from the reply",
    file: "src/agent/membership.js",
    find: "session.renewed(sent);",
    replace: "session.renewed(momentOf(clock));",
  },
  {
    name: "reap without the watched heartbeat",
    file: MEMORY_SERIALS,
    find: "if (it === undefined || it.heartbeat !== watched.heartbeat)",
    replace: "if (it === undefined)",
  },
  {
    name: "steal by server time alone",
    file: "src/membership/watch.js",
    find: ".filter((it) => readAt - it.since >= timing.ttlMs)",
    replace: "",
  },
  {
    name: "a cursor moved blindly",
    file: "test/support/memory/job-stores.js",
    find: "if (isAsRead)",
    replace: "",
  },
  {
    name: "an edit without settling",
    file: "src/agent/planner.js",
    find: "if (cursor === undefined || cursor.schedule === null ||",
    replace: "if (cursor === undefined || cursor.schedule !== job?.hash ||",
  },
  {
    name: "own unknown runs not sought",
    file: "src/agent/takeover.js",
    find: "if (!register.has(hold.id))\n                    unknown.push(hold);\n                else if",
    replace: "if",
  },
  {
    name: "newest minute first",
    file: "src/agent/record-keeping.js",
    find: "const queue = [...job.settlements];",
    replace: "const queue = [...job.settlements].reverse();",
  },
  {
    name: "ended items not remembered",
    file: "src/chain/flow/for-each-step.js",
    find: "if (before !== undefined && isStepOver(before.status))\n        return;",
    replace: "",
  },
  {
    name: "polls not counted",
    file: "src/chain/flow/settle.js",
    find: "const polls = (answered.polls ?? 0) + 1;",
    replace: "const polls = answered.polls ?? 0;",
  },
  {
    name: "wall-clock lease",
    file: "src/membership/trust.js",
    find: "const elapsedMs = Math.max(now.monotonic - window.from.monotonic, now.wall - window.from.wall);",
    replace: "const elapsedMs = now.wall - window.from.wall;",
  },
  {
    name: "dropped sweep",
    file: "src/agent/known-cursors.js",
    find: "const SWEEP_AFTER_MS = 5 * SECOND_MS;",
    replace: "const SWEEP_AFTER_MS = 5_000 * SECOND_MS;",
  },
];
