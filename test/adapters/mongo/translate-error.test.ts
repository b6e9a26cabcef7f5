import { MongoBulkWriteError, MongoNetworkError, MongoServerError, MongoWriteConcernError } from "mongodb";
import { describe, expect, test } from "vitest";
import { duplicatePositions, translateError } from "../../../src/adapters/mongo/translate-error.ts";
import { StoreRefusedError, StoreUnavailableError } from "../../../src/model/errors.ts";

const server = (code: number, codeName = "Name") => new MongoServerError({ message: "secret value", code, codeName });

describe("an error of the driver", () => {
  test.each([
    ["a broken connection", new MongoNetworkError("connection reset")],
    ["a raw error of a socket", Object.assign(new Error("write EPIPE"), { code: "EPIPE" })],
    ["something that is no error", "??"],
    ["a primary that steps down", server(189)],
    ["a server that is no primary", server(10107)],
    ["a shutdown", server(11600)],
    ["an interrupted operation", server(11602)],
    ["a time limit of the server", server(50)],
    [
      "a write concern that was not reached",
      new MongoWriteConcernError({
        ok: 1,
        writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
      } as never),
    ],
  ])("leaves the outcome unknown after %s", (_, err) => {
    expect(translateError("write", err)).toBeInstanceOf(StoreUnavailableError);
  });

  test("leaves the outcome unknown when it carries a label of the server that says so", () => {
    const err = server(7);
    err.addErrorLabel("RetryableWriteError");
    expect(translateError("write", err)).toBeInstanceOf(StoreUnavailableError);
  });

  test.each([
    [13, /account may not/],
    [18, /authentication failed/],
    [121, /validator/],
    [14031, /disk of MongoDB is full/],
    [9, /error 9 \(Name\)/],
  ])("with code %i is a refusal in plain words, without the server's own", (code, reason) => {
    const err = translateError("write", server(code));
    expect(err).toBeInstanceOf(StoreRefusedError);
    expect(err.message).toMatch(reason);
    expect(err.message).not.toContain("secret");
  });
});

describe("a refusal", () => {
  const isGeneral = (code: number) => (translateError("write", server(code)) as StoreRefusedError).isGeneral;

  test("for want of rights, password or space is about everything; one for the sake of the document is not", () => {
    expect([13, 18, 8000, 14031].map(isGeneral)).toEqual([true, true, true, true]);
    expect([121, 10334, 11000, 9].map(isGeneral)).toEqual([false, false, false, false]);
  });
});

describe("a bulk write that ended early", () => {
  const result = { getWriteConcernError: () => undefined } as never;

  test.each([
    ["a broken connection", new MongoNetworkError("connection reset"), StoreUnavailableError],
    ["a server that is no primary", server(10107), StoreUnavailableError],
    ["missing rights", server(13), StoreRefusedError],
    ["a full disk", server(14031), StoreRefusedError],
  ])("is taken for %s, whatever the driver dresses it as, and nothing counts as inserted", (_, cause, outcome) => {
    const dressed = new MongoBulkWriteError(cause, result);
    expect(translateError("write", dressed)).toBeInstanceOf(outcome);
    expect(() => duplicatePositions(dressed)).toThrow(dressed);
  });
});
