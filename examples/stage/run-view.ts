/** A run as `fleetcron run show --output json` says it, as far as the examples look at it. */
export interface RunView {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly takeovers: number;
  readonly serial: number | null;
  readonly steps: readonly StepView[];
}

export interface StepView {
  /** `2` is a step of the run itself, `2/17` an item or an inner step of it. */
  readonly key: string;
  readonly name: string;
  readonly status: string;
  readonly status_code: number | null;
  readonly attempts: number;
  readonly error: string | null;
  /** Its parts. */
  readonly steps?: readonly StepView[];
}

/** Whether it changes no more. */
export function hasEnded({ status }: RunView): boolean {
  return status !== "running" && status !== "waiting";
}

/** Every step, each before its parts. */
export function allSteps({ steps = [] }: Pick<StepView, "steps">): readonly StepView[] {
  return steps.flatMap((it) => [it, ...allSteps(it)]);
}

/** @throws when the run has no such step */
export function stepOf(run: RunView, name: string): StepView {
  const step = run.steps.find((it) => it.name === name);
  if (step === undefined) throw new Error(`run ${run.id} has no step "${name}": ${run.reason ?? run.status}`);
  return step;
}
