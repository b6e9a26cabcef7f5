/** Commands that a state remembers: a late copy of one of them comes long before so many others. */
const REMEMBERED = 50;

/** What changed a state last. */
export interface SteeredDocument {
  /** Ids of the commands that set it, the latest last. */
  readonly steered_by?: readonly string[];
}

/** Holds for a document that this command has not changed yet; goes with `noteCommand` in the same update. */
export function notSteeredBy(command: string): { readonly steered_by: { readonly $ne: string } } {
  return { steered_by: { $ne: command } };
}

/** Notes the command in the document that it changes. */
export function noteCommand(command: string): { $push: { steered_by: { $each: string[]; $slice: number } } } {
  return { $push: { steered_by: { $each: [command], $slice: -REMEMBERED } } };
}
