import type { Action } from "../model/action.ts";
import type { ValueName } from "../expression/scope.ts";
import { nearName } from "../model/near-name.ts";

/** What is wrong with a name at the place where a template uses it. */
export interface Complaint {
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** What the templates of one place can name. */
export interface NamesInReach {
  complaintAbout(name: ValueName): Complaint | undefined;
}

/** What is there before a chain begins: secrets, and the facts of the run. */
export const NAMES_BEFORE_THE_CHAIN: NamesInReach = {
  complaintAbout({ root, text }) {
    if (root !== "vars" && root !== "steps") return undefined;
    const remedy = "use secrets {{KEY}}, run, job and machine, or name it in the actions themselves";
    return { severity: "error", message: `{{${text}}} is not known here, before any action; ${remedy}` };
  },
};

const SENT_PARTS = ["status", "result", "error", "json", "text", "headers"];
/** What `steps.NAME.…` has, by the type of the action. */
const PARTS: Readonly<Record<Action["type"], readonly string[]>> = {
  http: SENT_PARTS,
  for_each: ["result", "error", "total", "ok", "failed", "skipped"],
  sleep: ["result", "error"],
  job: ["result", "error"],
};

interface KnownStep {
  readonly type: Action["type"];
  /** How many actions of one list have this name. */
  count: number;
  /** That several have it was said. */
  isTold: boolean;
}

/**
 * The steps and values that the actions of one list can name: what is around the list, and what was read of it so far,
 * because a template can only use what was there before.
 */
export class ChainNames implements NamesInReach {
  readonly #around: ChainNames | undefined;
  readonly #steps = new Map<string, KnownStep>();
  readonly #vars = new Set<string>();

  constructor(around?: ChainNames) {
    this.#around = around;
  }

  addStep(name: string, type: Action["type"]): void {
    const before = this.#steps.get(name);
    this.#steps.set(name, { type, count: (before?.count ?? 0) + 1, isTold: before?.isTold ?? false });
  }

  addVar(name: string): void {
    this.#vars.add(name);
  }

  complaintAbout(name: ValueName): Complaint | undefined {
    if (name.root === "steps") return this.#aboutStep(name);
    return name.root === "vars" ? this.#aboutVar(name) : undefined;
  }

  #aboutStep({ segments: [name, part], text }: ValueName): Complaint | undefined {
    const step = this.#findStep(String(name));
    if (step === undefined) {
      const near = nearName(
        String(name),
        this.#allOf((it) => it.#steps.keys()),
      );
      const remedy =
        near === undefined ? "give the action that is meant this name" : `did you mean steps${asSegment(near)}?`;
      return { severity: "error", message: `{{${text}}}: no action before it is named ${String(name)}; ${remedy}` };
    }
    const parts = PARTS[step.type];
    if (typeof part !== "string" || !parts.includes(part)) {
      const near = typeof part === "string" ? nearName(part, parts) : undefined;
      const hint = near === undefined ? `use ${parts.join(", ")}` : `did you mean ${near}?`;
      return { severity: "error", message: `{{${text}}} names nothing that a ${step.type} step has; ${hint}` };
    }
    if (step.count === 1 || step.isTold) return undefined;
    step.isTold = true;
    const message = `{{${text}}}: ${step.count} actions before it are named ${String(name)}; give each a name of its own`;
    return { severity: "warning", message };
  }

  #aboutVar({ segments, text }: ValueName): Complaint | undefined {
    const name = String(segments[0]);
    const known = this.#allOf((it) => it.#vars);
    if (known.includes(name)) return undefined;
    const near = nearName(name, known);
    const hint = near === undefined ? "" : `; did you mean vars.${near}?`;
    const message = `{{${text}}}: neither "vars" nor a capture before it gives ${name}, so whoever runs the job must give it${hint}`;
    return { severity: "warning", message };
  }

  #findStep(name: string): KnownStep | undefined {
    const around = this.#around;
    return this.#steps.get(name) ?? (around === undefined ? undefined : around.#findStep(name));
  }

  #allOf(namesOf: (names: ChainNames) => Iterable<string>): readonly string[] {
    const around = this.#around;
    return [...namesOf(this), ...(around === undefined ? [] : around.#allOf(namesOf))];
  }
}

/** As a template writes it behind `steps`. */
function asSegment(name: string): string {
  return /^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
