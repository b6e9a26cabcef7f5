import { partWords } from "../../query/step-words.ts";
import type { DryStep } from "../../rehearsal/dry-run/dry-step.ts";
import type { Paint } from "../print/paint.ts";
import type { Printable } from "../print/exact-json.ts";
import { visible, visibleLines } from "../print/visible.ts";

const BODY_CHARACTERS_MAX = 2_000;

/** The steps of a dry run as people read them, numbered as in the record of a run. */
export function dryRunText(steps: readonly DryStep[], paint: Paint): string {
  return listLines(steps, "", "", paint).join("\n");
}

function listLines(steps: readonly DryStep[], indent: string, numbers: string, paint: Paint): readonly string[] {
  const lines: string[] = [];
  let part: DryStep["part"];
  for (const [index, step] of steps.entries()) {
    if (step.part !== part) {
      part = step.part;
      lines.push(`${indent}${paint("strong", partWords(step) ?? "")}`);
    }
    lines.push(...stepLines(step, indent, `${numbers}${index + 1}`, paint));
  }
  return lines;
}

function stepLines(step: DryStep, indent: string, number: string, paint: Paint): readonly string[] {
  const { request } = step;
  const does = request === undefined ? "" : `  ${request.method} ${visible(request.url)}`;
  const head = `${indent}${number} ${paint("strong", visible(step.name))}${does}`;
  if (step.skipped !== undefined) return [`${head}  ${paint("quiet", `skipped, ${visible(step.skipped)}`)}`];
  const inner = `${indent}    `;
  const lines = [head, ...step.conditions.map((it) => `${inner}${paint("quiet", "only if")} ${visible(it)}`)];
  for (const [name, value] of request?.headers ?? []) lines.push(`${inner}${visible(name)}: ${visible(value)}`);
  if (request?.body !== undefined) lines.push(...bodyLines(request.body, inner));
  lines.push(...step.notes.map((it) => `${inner}${paint("quiet", visible(it))}`));
  lines.push(...step.problems.map((it) => `${inner}${paint("bad", "problem:")} ${visible(it)}`));
  for (const { title, steps } of step.branches) {
    lines.push(`${inner}${paint("strong", visible(title))}`);
    lines.push(...listLines(steps, `${inner}  `, `${number}.`, paint));
  }
  return lines;
}

function bodyLines(body: string, indent: string): readonly string[] {
  const text = body.length > BODY_CHARACTERS_MAX ? `${body.slice(0, BODY_CHARACTERS_MAX)}…` : body;
  return visibleLines(text.replaceAll("\r\n", "\n"))
    .split("\n")
    .map((line) => `${indent}${line}`);
}

/** The same for programs. */
export function dryStepRecord(step: DryStep): Readonly<Record<string, Printable>> {
  const { request } = step;
  return {
    name: step.name,
    type: step.type,
    part: step.part ?? "actions",
    skipped: step.skipped ?? null,
    conditions: [...step.conditions],
    request:
      request === undefined
        ? null
        : {
            method: request.method,
            url: request.url,
            headers: Object.fromEntries(request.headers),
            body: request.body ?? null,
          },
    notes: [...step.notes],
    problems: [...step.problems],
    branches: step.branches.map(({ title, steps }) => ({ title, steps: steps.map(dryStepRecord) })),
  };
}

/** How many problems there are, at any depth. */
export function countProblems(steps: readonly DryStep[]): number {
  return steps.reduce((sum, { problems, branches }) => {
    return sum + problems.length + branches.reduce((inner, it) => inner + countProblems(it.steps), 0);
  }, 0);
}
