import type { JSONPathQuery } from "json-p3";
import type { JsonValue } from "../model/json.ts";

/** A search through one value. */
export interface Search {
  readonly root: JsonValue;
  /**
   * Counts what is looked at; a long text counts for more.
   * @throws {CostlySearchError} when it has been too much
   */
  look(places: number): void;
  /** What a path within the path finds. */
  walk(query: JSONPathQuery, from: JsonValue): Iterable<JsonValue>;
}
