import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareDatabase } from "../../../src/adapters/mongo/preparation.ts";
import { createRunHistory } from "../../../src/adapters/mongo/read-run-history.ts";
import type { FleetStores } from "../../../src/ports/fleet-stores.ts";
import type { RunChange, RunHold, Step } from "../../../src/model/run.ts";
import { stepKey } from "../../../src/model/run.ts";
import { at, holdOf, innerStep, run, step } from "../../conformance/samples.ts";
import { mongoStores, openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";

const ITEMS = 1_000;
const CONCURRENCY = 50;
const STEPS_OF_ITEM = 4;
/** What people are promised of a run document. */
const RUN_BYTES_MAX = 1_000_000;

const hasFailed = (item: number) => item % 5 === 4;
const nameOf = (item: number) => `machine-${String(item).padStart(4, "0")}.rack-17.site-seoul.example.org`;
const text = (length: number, seed: string) => seed.repeat(Math.ceil(length / seed.length)).slice(0, length);

describe("the document of a run over 1,000 items, of which 200 fail with errors of 500 characters,", () => {
  let opened: TestDatabase;
  let stores: FleetStores;
  let hold: RunHold;

  beforeAll(async () => {
    opened = await openTestDatabase();
    await prepareDatabase(opened.database.work);
    stores = mongoStores(opened.database);
  });
  afterAll(() => opened.dispose());

  const bytes = async (): Promise<number> => {
    const sizes = opened.client.db(opened.database.dbName).collection("job_runs");
    const [found] = await sizes.aggregate([{ $project: { bytes: { $bsonSize: "$$ROOT" } } }]).toArray();
    return Number(found?.["bytes"]);
  };
  const store = async (change: RunChange): Promise<void> => {
    expect(await stores.runs.write([{ hold, change, keepMs: undefined }])).toEqual(["stored"]);
    hold = { ...hold, seq: hold.seq + 1 };
  };

  /** One of the steps that an item is made of while it is under way. */
  const inFlight = (item: number): readonly Step[] =>
    Array.from({ length: STEPS_OF_ITEM }, (_, index) =>
      innerStep(`1/${item}`, index, {
        name: "POST lab.example.org/v1/job",
        status: "waiting",
        statusCode: 503,
        responseSample: text(1_000, `{"busy":${item}} `),
        error: "status 503 is not 2xx",
        nextAttemptAt: at(3_600_000),
        values: { [`json$.jobs[${index}].id`]: `id-${item}` },
      }),
    );
  const ended = (item: number): Step =>
    innerStep("1", item, {
      name: nameOf(item),
      status: hasFailed(item) ? "error" : "ok",
      attempts: STEPS_OF_ITEM,
      statusCode: hasFailed(item) ? 200 : undefined,
      elapsedMs: 1_234,
      error: hasFailed(item) ? text(500, `$.test_status of ${nameOf(item)} must equal 0, got 1; `) : undefined,
      responseSample: hasFailed(item) ? text(300, `{"test_status":1,"job":${item}} `) : undefined,
    });

  test("stays under 1 MB from its first item to its end, and reads back whole", async () => {
    const claimed = run("r", { steps: [step(0, { status: "ok" })] });
    await stores.claims.insert([claimed]);
    hold = holdOf(claimed);
    const loop = (failed: number, ok: number): Step =>
      step(1, { name: "machines", status: "running", items: { total: ITEMS, ok, failed, skipped: 0 } });

    let largest = 0;
    for (let from = 0; from < ITEMS; from += CONCURRENCY) {
      const items = Array.from({ length: CONCURRENCY }, (_, index) => from + index);
      const running = items.map((item) => innerStep("1", item, { name: nameOf(item), status: "running" }));
      await store({ steps: [...running, ...items.flatMap(inFlight)] });
      largest = Math.max(largest, await bytes());
      const failed = Math.floor((from + CONCURRENCY) / 5);
      await store({
        steps: [...items.map(ended), loop(failed, from + CONCURRENCY - failed)],
        forgotten: items.flatMap(inFlight).map(stepKey),
      });
    }
    largest = Math.max(largest, await bytes());
    expect(largest).toBeGreaterThan(200 * 800);
    expect(largest).toBeLessThan(RUN_BYTES_MAX);

    const record = await createRunHistory(opened.database.work).find(claimed.id);
    expect(record?.steps).toHaveLength(2 + ITEMS);
    expect(record?.steps[1]?.items).toEqual({ total: ITEMS, ok: 800, failed: 200, skipped: 0 });
    expect(record?.steps.slice(2).map((it) => it.index)).toEqual(Array.from({ length: ITEMS }, (_, index) => index));
    expect(record?.steps[2 + 4]).toEqual(ended(4));
  });
});
