import type { Example } from "../stage/example.ts";
import { readJobFile, withShorterTimes } from "../stage/job-files.ts";
import { same } from "../stage/report.ts";
import type { RunView } from "../stage/run-view.ts";
import type { Arrival } from "../stage/stand-in.ts";
import { COURSES, createBackupServer } from "./backup-server.ts";

/** Half a minute between two looks is too long for a trial. */
const SHORTER = [
  { field: "every_sec", from: 30, to: 1 },
  { field: "timeout_sec", from: 10_800, to: 60 },
];

export const example: Example = {
  name: "nightly-backup",
  about: "starts a backup, polls until it is done, judges it, alerts when it is bad, gives its lock back in any case",
  options: {},
  async play(stage) {
    const server = createBackupServer();
    const standIn = await stage.openStandIn(server.respond);
    const fleet = await stage.startFleet({
      agents: 1,
      secrets: () => ({ BACKUP_URL: standIn.url, ALERT_URL: standIn.url }),
    });
    await fleet.apply([withShorterTimes(await readJobFile("nightly-backup/job.json"), SHORTER)]);

    const nights: Night[] = [];
    for (const name of ["a good night", "a table is empty"]) {
      const before = standIn.arrivals.length;
      const run = await fleet.run("nightly-backup");
      const night = { name, run, locksLeft: server.locks.size, came: standIn.arrivals.slice(before) };
      nights.push(night);
      stage.say(`${name}: ${run.status}${run.reason === null ? "" : `, ${run.reason}`}.`);
    }
    return {
      title: 'What became of the runs of "nightly-backup"',
      head: ["NIGHT", "RESULT", "LOOKS", "ALERTS", "LOCKS LEFT", "REASON"],
      rows: nights.map(({ name, run, locksLeft, came }) => [
        name,
        run.status,
        String(looks(came)),
        String(alerts(came)),
        String(locksLeft),
        run.reason ?? "",
      ]),
      checks: [
        same(
          "the good backup is ok, the bad one an error",
          nights.map((it) => it.run.status),
          ["ok", "error"],
        ),
        same(
          "each was started once and looked at until it was done",
          nights.map((it) => [starts(it.came), looks(it.came)]),
          COURSES.map((it) => [1, it.states.length]),
        ),
        same(
          "an alert for the bad one alone",
          nights.map((it) => alerts(it.came)),
          [0, 1],
        ),
        same(
          "the lock was given back both times",
          nights.map((it) => it.locksLeft),
          [0, 0],
        ),
      ],
    };
  },
};

interface Night {
  readonly name: string;
  readonly run: RunView;
  readonly locksLeft: number;
  readonly came: readonly Arrival[];
}

function starts(came: readonly Arrival[]): number {
  return came.filter((it) => it.method === "POST" && it.path === "/backups").length;
}

function looks(came: readonly Arrival[]): number {
  return came.filter((it) => it.method === "GET" && /^\/backups\/\d+$/.test(it.path)).length;
}

function alerts(came: readonly Arrival[]): number {
  return came.filter((it) => it.path === "/alerts").length;
}
