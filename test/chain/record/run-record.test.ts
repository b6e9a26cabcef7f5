import { describe, expect, test } from "vitest";
import { createRunRecord } from "../../../src/chain/record/run-record.ts";
import type { RunChange } from "../../../src/model/run.ts";
import type { WriteOutcome } from "../../../src/ports/run-store.ts";
import { step } from "../../conformance/samples.ts";
import { SCHEDULED_FOR } from "../job-fixtures.ts";

/** A store that answers when it is told to. */
function openRecord() {
  const writes: { readonly change: RunChange; readonly settle: (outcome: WriteOutcome) => void }[] = [];
  const acknowledged = new Set<number>();
  let open = 0;
  let mostAtATime = 0;
  const record = createRunRecord([], {
    now: () => SCHEDULED_FOR,
    async store(change) {
      mostAtATime = Math.max(mostAtATime, ++open);
      const outcome = await new Promise<WriteOutcome>((settle) => writes.push({ change, settle }));
      open--;
      for (const { index } of change.steps) acknowledged.add(index);
      return outcome;
    },
  });
  return { record, writes, acknowledged, mostAtATime: () => mostAtATime };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

const allTurns = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("branches that save side by side", () => {
  // Whoever comes while an answer is on its way from one promise to the next must not begin a write beside the one that
  // waits: both would name the same seq, so that the store takes the second for the first, repeated; or one finds nothing
  // left to store and says that all is stored, while the other is under way with it.
  test.each(Array.from({ length: 12 }, (_, late) => late))(
    "have one write under way at a time and wait for their own, also when one comes %i turns after an answer",
    async (late) => {
      const { record, writes, acknowledged, mostAtATime } = openRecord();
      const early: number[] = [];
      const save = async (index: number) => {
        record.note(step(index));
        await record.save();
        if (!acknowledged.has(index)) early.push(index);
      };
      const first = save(0);
      await allTurns();
      const second = save(1);
      writes[0]?.settle("stored");
      await turns(late);
      const third = save(2);
      await allTurns();
      for (let at = 1; at < writes.length; at++) {
        writes[at]?.settle("stored");
        await allTurns();
      }
      await Promise.all([first, second, third]);
      expect(mostAtATime()).toBe(1);
      expect(writes.flatMap((it) => it.change.steps.map((one) => one.index))).toEqual([0, 1, 2]);
      expect(early).toEqual([]);
    },
  );

  test.each(Array.from({ length: 12 }, (_, late) => late))(
    "are all in the end of their run, which waits for them, %i turns after an answer",
    async (late) => {
      const { record, writes, mostAtATime } = openRecord();
      record.note(step(0));
      void record.save();
      await allTurns();
      record.note(step(1));
      void record.save();
      writes[0]?.settle("stored");
      await turns(late);
      record.note(step(2));
      const ended = record.end("ok", undefined);
      await allTurns();
      for (let at = 1; at < 4; at++) {
        writes[at]?.settle("stored");
        await allTurns();
      }
      expect(await ended).toMatchObject({ outcome: "ended" });
      expect(mostAtATime()).toBe(1);
      expect(writes.flatMap((it) => it.change.steps.map((one) => one.index))).toEqual([0, 1, 2]);
    },
  );
});
