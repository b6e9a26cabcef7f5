import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mongodbHosts, mongodbUriProblem } from "../../src/schema/mongodb-uri.ts";

describe("a MongoDB connection string", () => {
  test.each([
    ["mongodb://localhost", ["localhost"]],
    ["mongodb://localhost:27017/", ["localhost:27017"]],
    [
      "mongodb://user:p%40ss%2Fw0rd@a.example:27017,b.example:27018/db?replicaSet=rs0",
      ["a.example:27017", "b.example:27018"],
    ],
    ["mongodb+srv://user:secret@cluster.example/?retryWrites=true", ["cluster.example"]],
    ["mongodb://[::1]:27017/db", ["[::1]:27017"]],
    ["mongodb://%2Ftmp%2Fmongodb-27017.sock/db", ["%2Ftmp%2Fmongodb-27017.sock"]],
    ["mongodb://host?appName=a%40b", ["host"]],
  ])("%s is fine, and only its hosts are shown", (uri, hosts) => {
    expect(mongodbUriProblem(uri)).toBeUndefined();
    expect(mongodbHosts(uri)).toEqual(hosts);
  });

  test.each([
    ["localhost:27017", "must begin with mongodb://"],
    ["http://localhost", "must begin with mongodb://"],
    ["mongodb://", "names no host"],
    ["mongodb://a,,b", "names no host"],
    ["mongodb://user:p@ss/w0rd@host/db", "looks cut off"],
    ["mongodb://user:p@ss@host/db", "an @ too many"],
    ["mongodb://user:p/ss@host/db", "looks cut off"],
    ["mongodb://user:12/ss@host/db", "looks cut off"],
    ["mongodb://user:12?ss@host/db", "looks cut off"],
    ["mongodb://user:p#ss@host/db", "looks cut off"],
    ["mongodb://user:12#ss@host/db", "looks cut off"],
    ["mongodb://user:p:ss@host/db", "a : too many"],
    ["mongodb://user:100%@host/db", "a % that encodes nothing"],
    ["mongodb://user:p ss@host/db", "a space or a line break"],
    ["mongodb://host/a/b", "a / too many"],
    ["mongodb://host:99999", "no host"],
    ["mongodb://host:port", "no host"],
    ["mongodb+srv://host:27017", "takes the port from DNS"],
    ["mongodb+srv://a,b", "takes exactly one"],
  ])("%s is a problem, and nothing of it is shown", (uri, problem) => {
    expect(mongodbUriProblem(uri)).toContain(problem);
    expect(mongodbHosts(uri)).toEqual([]);
  });

  test("with an unescaped password never passes with a piece of the password as host", () => {
    const password = fc.string({
      unit: fc.constantFrom("a", "1", "@", "/", ":", "?", "#", "%", "="),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(password, (pass) => {
        const uri = `mongodb://user:${pass}@db.example:27017/fleetcron`;
        const problem = mongodbUriProblem(uri);
        expect(mongodbHosts(uri)).toEqual(problem === undefined ? ["db.example:27017"] : []);
        expect(
          mongodbUriProblem(`mongodb://user:${encodeURIComponent(pass)}@db.example:27017/fleetcron`),
        ).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});
