import type { World } from "../support/fleet-world/world.ts";
import { between } from "../support/fleet-world/seeded-chance.ts";
import { type Calendar, scheduleFields } from "./calendar.ts";
import type { History } from "./history.ts";
import { actionsOf, drawCalendar, pick, type SimJob } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** Those who edit jobs and insert commands, at any time and without regard to what breaks. */
export interface People {
  writeAll(): void;
  /** One edit, pause, removal or command. */
  act(): void;
  readonly acts: number;
}

export interface PeopleDeps {
  readonly world: World;
  readonly jobs: readonly SimJob[];
  readonly machines: readonly string[];
  readonly history: History;
  readonly timeline: Timeline;
}

export function createPeople({ world, jobs, machines, history, timeline }: PeopleDeps): People {
  const { chance } = world;
  const calendars = new Map<string, Calendar>(jobs.map((it) => [it.id, it.calendar]));
  let acts = 0;

  function write(job: SimJob, isEnabled: boolean): void {
    const calendar = calendars.get(job.id) ?? job.calendar;
    const fields = { ...job.fields, ...scheduleFields(calendar), enabled: isEnabled, actions: actionsOf(job) };
    world.putJob(job.id, { ...fields, description: `written ${++acts} times` });
    history.jobWritten(job.id, isEnabled ? calendar : undefined);
    timeline.add("people", isEnabled ? "write" : "switch off", { job: job.id, ...scheduleFields(calendar) });
  }

  function remove(job: SimJob): void {
    acts++;
    world.removeJob(job.id);
    history.jobWritten(job.id, undefined);
    timeline.add("people", "remove", { job: job.id });
  }

  function command(fields: Readonly<Record<string, unknown>>): void {
    const id = `command${++acts}`;
    world.putCommand(id, fields);
    timeline.add("people", "command", { id, ...fields });
  }

  function cancelSomething(): void {
    const [run] = [...history.runs.live.keys()];
    if (run !== undefined) command({ type: "cancel_run", target: "leader", args: { run } });
  }

  return {
    get acts() {
      return acts;
    },
    writeAll() {
      for (const job of jobs) write(job, true);
    },
    act() {
      const job = pick(chance, jobs);
      const draw = chance.fraction();
      if (draw < 0.35) {
        calendars.set(job.id, drawCalendar(chance));
        write(job, true);
      } else if (draw < 0.5) write(job, false);
      else if (draw < 0.7) write(job, true);
      else if (draw < 0.75) remove(job);
      else if (draw < 0.88) command({ type: "run_job", target: "leader", args: { job: job.id } });
      else if (draw < 0.97) cancelSomething();
      else command({ type: "ping", target: machines[between(chance, 0, machines.length - 1)] ?? "all" });
    },
  };
}
