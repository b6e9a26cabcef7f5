import { beforeEach, describe, expect, test } from "vitest";
import { createDatabaseHealth } from "../../src/agent/database-health.ts";
import { createRunWriter, type RunWriter } from "../../src/agent/run-writer.ts";
import { StoreRefusedError, StoreUnavailableError } from "../../src/model/errors.ts";
import type { SessionId } from "../../src/model/member.ts";
import type { RunHold, RunId } from "../../src/model/run.ts";
import type { WriteOutcome } from "../../src/ports/run-store.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createSeededChance } from "../support/fleet-world/seeded-chance.ts";

const CHANGE = { steps: [] };
const forEver = new AbortController().signal;

let clock: FakeClock;
let writer: RunWriter;
/** The runs of each bulk write, as it was sent. */
let sent: string[][];
let respond: (runs: readonly string[]) => WriteOutcome[] | Promise<WriteOutcome[]>;

beforeEach(() => {
  clock = createFakeClock();
  sent = [];
  respond = (runs) => runs.map(() => "stored");
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  writer = createRunWriter({
    health: createDatabaseHealth({ clock, chance: createSeededChance(1), log }),
    runs: {
      async write(writes) {
        const runs = writes.map((it) => it.hold.id as string);
        sent.push(runs);
        return respond(runs);
      },
    },
  });
});

function write(run: string, signal = forEver): Promise<WriteOutcome> {
  const hold: RunHold = { id: run as RunId, session: "s" as SessionId, token: 1, seq: 0 };
  return writer.write(hold, CHANGE, undefined, signal);
}

describe("writes of many runs", () => {
  test("that come together travel together, and each gets its own outcome", async () => {
    respond = () => ["stored", "lost", "cancel_requested"];
    expect(await Promise.all(["a", "b", "c"].map((it) => write(it)))).toEqual(["stored", "lost", "cancel_requested"]);
    expect(sent).toEqual([["a", "b", "c"]]);
  });

  test("wait for the one under way, and then go together in the order in which they came", async () => {
    let answer = (): void => {};
    respond = (runs) => new Promise((resolve) => (answer = () => resolve(runs.map(() => "stored"))));
    const first = write("first");
    await clock.advance(10);
    const later = ["x", "y", "z"].map((it) => write(it));
    await clock.advance(10);
    expect(sent).toEqual([["first"]]);
    answer();
    await first;
    await clock.advance(10);
    expect(sent).toEqual([["first"], ["x", "y", "z"]]);
    answer();
    expect(await Promise.all(later)).toEqual(["stored", "stored", "stored"]);
  });

  test("fail alone: one that MongoDB refuses does not harm those beside it", async () => {
    respond = (runs) => {
      if (runs.includes("bad")) throw new StoreRefusedError("runs.write", "injected by a test", undefined);
      return runs.map(() => "stored");
    };
    const outcomes = await Promise.allSettled(["a", "bad", "b"].map((it) => write(it)));
    expect(outcomes.map((it) => (it.status === "fulfilled" ? it.value : "refused"))).toEqual([
      "stored",
      "refused",
      "stored",
    ]);
    expect(await write("after")).toBe("stored");
  });

  test("that are refused because nothing is allowed wait until it is allowed again", async () => {
    respond = () => {
      throw new StoreRefusedError("runs.write", "the account may not do this", undefined, true);
    };
    const outcomes = Promise.all(["a", "b"].map((it) => write(it)));
    await clock.advance(60_000);
    respond = (runs) => runs.map(() => "stored");
    await clock.advance(10_000);
    expect(await outcomes).toEqual(["stored", "stored"]);
    expect(new Set(sent.map(String))).toEqual(new Set(["a,b"]));
  });

  test("are repeated in the same words until MongoDB answers, and the writer is idle only then", async () => {
    respond = () => {
      throw new StoreUnavailableError("runs.write", undefined);
    };
    const outcome = write("a");
    let isIdle = false;
    const idle = writer.idle().then(() => (isIdle = true));
    await clock.advance(60_000);
    expect(isIdle).toBe(false);
    expect(new Set(sent.flat())).toEqual(new Set(["a"]));
    respond = (runs) => runs.map(() => "stored");
    await clock.advance(10_000);
    expect(await outcome).toBe("stored");
    expect(await idle).toBe(true);
  });

  test("are given up as lost when their session is over, those of others are not", async () => {
    respond = () => {
      throw new StoreUnavailableError("runs.write", undefined);
    };
    const over = new AbortController();
    const lost = write("a", over.signal);
    await clock.advance(1_000);
    const kept = write("b");
    const neverSent = write("c", over.signal);
    over.abort();
    await clock.advance(1_000);
    expect(await lost).toBe("lost");
    expect(await neverSent).toBe("lost");
    respond = (runs) => runs.map(() => "stored");
    await clock.advance(10_000);
    expect(await kept).toBe("stored");
    expect(sent.flat()).not.toContain("c");
  });

  test("of any number are stored, at most 500 at once", async () => {
    const outcomes = await Promise.all(Array.from({ length: 1_200 }, (_, index) => write(`run-${index}`)));
    expect(new Set(outcomes)).toEqual(new Set(["stored"]));
    expect(sent.map((it) => it.length)).toEqual([500, 500, 200]);
  });
});
