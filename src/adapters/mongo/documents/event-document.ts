import type { ObjectId } from "mongodb";
import type { FleetEvent } from "../../../model/event.ts";

/** A document of `events`. */
export interface EventDocument {
  readonly _id: ObjectId;
  /** When it happened, by the server's clock. */
  readonly at: Date;
  readonly type: FleetEvent["type"];
  readonly message: string;
  readonly facts: FleetEvent["facts"];
}
