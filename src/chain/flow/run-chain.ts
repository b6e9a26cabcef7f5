import { breakOffRun, refused } from "./break-off-run.ts";
import type { ChainAbort, ChainInput, ChainPorts, ChainResult } from "./chain-ports.ts";
import { createCourse } from "./course.ts";
import type { Course } from "./course.ts";
import { makeAttempt, sendIntent } from "./make-attempt.ts";
import { nextMove } from "./next-move.ts";
import type { Move } from "./next-move.ts";
import { giveBack } from "./break-off.ts";

type LiveMove = Exclude<Move, { kind: "end" }>;

/**
 * Takes a run from where it is stored to its end, or to where somebody else goes on.
 *
 * Promised: an attempt is sent only after its intent was acknowledged and after a look at `maySend`; so sends <= stored
 * intents <= retries + 1 over all agents that ever held the run, and no step is sent before the result of the one
 * before it is stored. The result of an attempt and the intent of the next are one write: k steps cost the claim and
 * k writes; a pause before a retry costs one more.
 * Not promised: that a step happens once. What was sent and never answered is sent again while attempts are left.
 *
 * @param signal aborts with a ChainAbort as its reason; any other reason counts as `"abandon"`: nothing more is written
 */
export async function runChain(input: ChainInput, ports: ChainPorts, signal: AbortSignal): Promise<ChainResult> {
  const { run, job, defaults } = input;
  const course = createCourse(input, ports, signal);
  if (run.cancelRequested) return breakOffRun(course, "cancel");
  for (;;) {
    const progress = { steps: course.record.steps, intentIsFresh: course.isUnsent };
    const { settled, move } = nextMove(job, run, progress, defaults);
    if (signal.aborted) {
      const why = signal.reason as ChainAbort;
      // A run that came to its end by itself has not timed out.
      if (why !== "timeout" || move.kind !== "end") return breakOffRun(course, why);
    }
    course.record.note(...settled);
    if (move.kind === "end") return course.record.end(move.status, move.reason);
    if (ports.isStopping()) return handOver(course, move);
    const result = await advance(course, move);
    if (result !== "go on") return result;
  }
}

async function advance(course: Course, move: LiveMove): Promise<ChainResult | "go on"> {
  switch (move.kind) {
    case "send":
      return sendIntent(course, move.action, move.step);
    case "attempt":
      return makeAttempt(course, move.action, move.index, move.attempt);
    case "wait":
      return attemptWhenDue(course, move);
  }
}

async function attemptWhenDue(course: Course, { action, step }: Extract<Move, { kind: "wait" }>) {
  const { ports, record, signal } = course;
  if (step.nextAttemptAt !== undefined && step.nextAttemptAt > ports.now()) {
    // Stored before the pause, so that whoever takes the run over meanwhile keeps to the same moment.
    const outcome = await record.save();
    if (outcome !== "stored") return refused(course, outcome);
    await ports.pause(step.nextAttemptAt);
    if (signal.aborted || ports.isStopping()) return "go on";
  }
  return makeAttempt(course, action, step.index, step.attempts + 1);
}

/** Stores what is known, so that the next owner has nothing in doubt, and leaves the rest of the run to it. */
async function handOver(course: Course, move: LiveMove): Promise<ChainResult> {
  if (move.kind === "send") course.record.note(giveBack(move.step, course.ports.now()));
  const outcome = await course.record.save();
  return outcome === "cancel_requested" ? refused(course, outcome) : { outcome: "left" };
}
