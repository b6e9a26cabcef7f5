import {
  BSON,
  MongoBulkWriteError,
  MongoInvalidArgumentError,
  MongoServerError,
  MongoWriteConcernError,
} from "mongodb";
import { FleetCronError, StoreRefusedError, StoreUnavailableError } from "../../model/errors.ts";
import { CODE, PASSING_CODES } from "./server-codes.ts";

/** Labels by which a server or the driver says that the same operation may succeed when it is repeated. */
const PASSING_LABELS = [
  "RetryableWriteError",
  "TransientTransactionError",
  "RetryableError",
  "SystemOverloadedError",
  "ResumableChangeStreamError",
];

/** Answers that every operation of this account, or every write, gets until somebody has mended it. */
const GENERAL_CODES: ReadonlySet<unknown> = new Set([
  CODE.unauthorized,
  CODE.authenticationFailed,
  CODE.atlasAuthenticationFailed,
  CODE.outOfDiskSpace,
]);

/**
 * What an error of the driver means for the fleet. Only a definite no of the server is a refusal; whatever is not an
 * answer leaves the outcome unknown. The words hold no value of a document and nothing of the connection string.
 */
export function translateError(operation: string, thrown: unknown): FleetCronError {
  const err = undressed(thrown);
  if (err instanceof FleetCronError) return err;
  if (isUnsendable(err)) {
    return new StoreRefusedError(operation, "the document can't be stored as it is (too large or not valid BSON)", err);
  }
  if (!(err instanceof MongoServerError) || isPassing(err)) return new StoreUnavailableError(operation, err);
  return new StoreRefusedError(operation, refusalReason(err), err, GENERAL_CODES.has(err.code));
}

/** True for a duplicate key; what that means is the store's to say. */
export function isDuplicateKey(err: unknown): boolean {
  return err instanceof MongoServerError && err.code === CODE.duplicateKey;
}

/**
 * Positions of the operations of an unordered bulk that met a duplicate key.
 * @throws the error itself when anything else failed in it
 */
export function duplicatePositions(err: unknown): ReadonlySet<number> {
  if (!(err instanceof MongoBulkWriteError) || err.result.getWriteConcernError() !== undefined) throw err;
  const errors = [err.writeErrors].flat();
  if (errors.length === 0) throw err;
  const other = errors.find((it) => it.code !== CODE.duplicateKey);
  if (other !== undefined) throw new MongoServerError({ message: "bulk write failed", code: other.code });
  return new Set(errors.map((it) => it.index));
}

/** The driver dresses whatever ends a bulk write early, a broken connection too, as an answer of the server. */
function undressed(err: unknown): unknown {
  return err instanceof MongoBulkWriteError && err.errorResponse instanceof Error ? err.errorResponse : err;
}

function isUnsendable(err: unknown): boolean {
  return BSON.BSONError.isBSONError(err) || err instanceof MongoInvalidArgumentError;
}

function isPassing(err: MongoServerError): boolean {
  if (err instanceof MongoWriteConcernError) return true;
  if (err instanceof MongoBulkWriteError && err.result.getWriteConcernError() !== undefined) return true;
  if (PASSING_LABELS.some((label) => err.hasErrorLabel(label))) return true;
  return typeof err.code === "number" && PASSING_CODES.has(err.code);
}

function refusalReason(err: MongoServerError): string {
  switch (err.code) {
    case CODE.unauthorized:
      return "the account may not do this; give it the role readWrite on the database";
    case CODE.authenticationFailed:
    case CODE.atlasAuthenticationFailed:
      return "authentication failed; check user, password and authSource of the connection string";
    case CODE.documentValidationFailure:
      return "a validator of the collection does not accept the document";
    case CODE.duplicateKey:
      return "another document has the same unique key";
    case CODE.outOfDiskSpace:
      return "the disk of MongoDB is full; free some space there";
    case CODE.documentTooLarge:
      return "the document is too large";
    default:
      return `error ${String(err.code ?? "without code")}${err.codeName === undefined ? "" : ` (${err.codeName})`}`;
  }
}
