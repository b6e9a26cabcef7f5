import { type JobDocument, readJobFile, withShorterTimes } from "../stage/job-files.ts";
import type { Servers } from "./options.ts";

/** The shortest time between two polls that a job may ask for. */
const POLL_SEC_MIN = 1;

/** The job that every rack calls. @param hourSec how long its hours are to last */
export async function roundJob(hourSec: number): Promise<JobDocument> {
  const pollSec = Math.max(POLL_SEC_MIN, (30 / 3_600) * hourSec);
  return withShorterTimes(await readJobFile("lab-monitor/lab-rack.json"), [
    { field: "delay_sec", from: 3_600, to: hourSec },
    { field: "delay_sec", from: 30, to: pollSec },
    { field: "every_sec", from: 30, to: pollSec },
    { field: "timeout_sec", from: 7_200, to: 2 * hourSec },
  ]);
}

/** The job of a rack; the racks of the folder stand for any other. */
export async function rackJob(rack: string): Promise<JobDocument> {
  if (rack === "rack-1" || rack === "rack-2") return readJobFile(`lab-monitor/${rack}.json`);
  const text = JSON.stringify(await readJobFile("lab-monitor/rack-1.json"));
  return JSON.parse(text.replaceAll("rack-1", JSON.stringify(rack).slice(1, -1))) as JobDocument;
}

/** What the agents must know. */
export function secretsOf({ maas, maasKey, testflinger }: Servers): Readonly<Record<string, string>> {
  return { MAAS_URL: maas, MAAS_KEY: maasKey, TESTFLINGER_URL: testflinger };
}
