import type { JobDocument } from "../../src/ports/job-source.ts";
import { createJobSource } from "../../src/adapters/mongo/job-source.ts";
import { parseJob } from "../../src/schema/job.ts";
import { openTestDatabase } from "../conformance/worlds.ts";
import { SMALL_JOB } from "../schema/job-document.ts";

/** The way of a job document from whoever wrote it, through a real MongoDB, to the agent that reads it. */
export interface JobBorder {
  /**
   * What an agent makes of `SMALL_JOB` with these fields instead; `undefined` takes a field away.
   * @param computed fields that only the server can make
   */
  read(
    fields: Readonly<Record<string, unknown>>,
    computed?: Readonly<Record<string, unknown>>,
  ): Promise<JobDocument["parsed"]>;
  /** What an agent makes of these documents, by the text of their ids. */
  readAll(documents: readonly Readonly<Record<string, unknown>>[]): Promise<ReadonlyMap<string, JobDocument>>;
  close(): Promise<void>;
}

export async function openJobBorder(): Promise<JobBorder> {
  const { client, database, dispose } = await openTestDatabase();
  const jobs = client.db(database.dbName).collection("jobs", { ignoreUndefined: true });
  const source = createJobSource(database.work, parseJob);

  async function put(documents: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    await jobs.deleteMany({});
    // One by one: some of them are as large as MongoDB takes.
    for (const it of documents) await jobs.insertOne({ ...it });
  }

  const readAll = async () => new Map((await source.readAll()).map((it) => [it.id as string, it]));

  return {
    async read(fields, computed = {}) {
      await put([{ _id: "j1", ...SMALL_JOB, ...fields }]);
      if (Object.keys(computed).length > 0) await jobs.updateOne({}, [{ $set: computed }]);
      const [document] = (await readAll()).values();
      if (document === undefined) throw new Error("the job was not read");
      return document.parsed;
    },
    async readAll(documents) {
      await put(documents);
      return readAll();
    },
    close: dispose,
  };
}

/** An object that owns a key which an object literal would take for its prototype. */
export const withOwn = (key: string, value: unknown) => Object.defineProperty({}, key, { value, enumerable: true });
