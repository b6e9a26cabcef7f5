import type { JobFields } from "../ports/job-editor.ts";

/** Attempts that a step may take in the demo: one and its retries. */
export const ATTEMPTS_MAX = 3;

/** A handful of jobs that show what the fleet does, as anybody would insert them. */
export function demoJobs(target: string): readonly JobFields[] {
  const everyMinute = {
    enabled: true,
    schedule: "* * * * *",
    retry: { retries: ATTEMPTS_MAX - 1, delay_sec: 1, backoff: 1 },
  };
  return [
    {
      ...everyMinute,
      name: "order-sync",
      description: "a chain of three requests; the second fails at first and is retried",
      actions: [
        { type: "http", name: "list", method: "GET", url: `${target}/orders` },
        { type: "http", name: "reserve", method: "POST", url: `${target}/reserve`, body: { run: "{{run.id}}" } },
        { type: "http", name: "confirm", method: "POST", url: `${target}/confirm`, body: { ok: true } },
      ],
    },
    {
      ...everyMinute,
      name: "health-check",
      description: "runs on every machine",
      run_on: "all",
      actions: [{ type: "http", name: "check", method: "GET", url: `${target}/health` }],
    },
    {
      ...everyMinute,
      name: "broken-report",
      description: "its target always answers 500",
      actions: [{ type: "http", name: "report", method: "POST", url: `${target}/report`, body: "the report" }],
    },
    {
      ...everyMinute,
      name: "typo",
      description: "an invalid document stops only itself",
      tz: "Mars/Phobos",
      url: `${target}/never`,
    },
  ];
}
