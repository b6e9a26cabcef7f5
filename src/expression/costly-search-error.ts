import { FleetCronError } from "../model/errors.ts";

/** A path or a pattern would look at more of a value than time allows. The message says in plain words what to do. */
export class CostlySearchError extends FleetCronError {
  override readonly name = "CostlySearchError";
  readonly code = "FLEETCRON_COSTLY_SEARCH";
  readonly retryable = false;
}
