import type { Action, ForEachAction, JobAction, SleepAction } from "../../../src/model/action.ts";
import type { Capture } from "../../../src/model/capture.ts";
import { httpAction } from "../job-fixtures.ts";

const always = { hourIn: undefined, minuteIn: undefined };

export function request(name: string, overrides: Parameters<typeof httpAction>[0] = {}) {
  return httpAction({ name, url: `http://target.test/${name}`, ...overrides });
}

export function forEach(
  list: ForEachAction["in"],
  actions: readonly Action[],
  overrides: Partial<ForEachAction> = {},
): ForEachAction {
  return {
    type: "for_each",
    name: "items",
    in: list,
    as: "item",
    concurrency: 1,
    actions,
    onFailure: [],
    finally: [],
    when: always,
    continueOnFailure: false,
    ...overrides,
  };
}

export function sleep(overrides: Partial<SleepAction>): SleepAction {
  return {
    type: "sleep",
    name: "nap",
    for: undefined,
    until: undefined,
    when: always,
    continueOnFailure: false,
    ...overrides,
  };
}

export function callJob(job: string, vars: JobAction["vars"] = {}): JobAction {
  return { type: "job", name: "call", job, vars, when: always, continueOnFailure: false };
}

export function fromPath(path: string, overrides: Partial<Capture> = {}): Capture {
  return { from: { kind: "json", path }, default: undefined, sensitive: false, ...overrides };
}
