import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEligible, matches, whereInWords, whyNobody } from "../../src/membership/eligible.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { MemberFacts, Serial } from "../../src/model/member.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";
import { ANYWHERE, type Where } from "../../src/model/where.ts";

function member(hostname: string, facts: Partial<MemberFacts> = {}): MemberFacts {
  const identity = { machineId: `id-${hostname}` as MachineId, hostname, serial: 1 as Serial };
  return { ...identity, labels: {}, isDraining: false, ...facts };
}

const where = (selectors: Partial<Where>): Where => ({ ...ANYWHERE, ...selectors });

describe("a machine matches", () => {
  const db = member("db-1.example", { labels: { site: "seoul", role: "db" }, serial: 4 as Serial });

  test.each<[string, Partial<Where>, boolean]>([
    ["what asks for nothing", {}, true],
    ["a label", { labels: { site: "seoul" } }, true],
    ["every label", { labels: { site: "seoul", role: "db" } }, true],
    ["not some of the labels alone", { labels: { site: "seoul", role: "web" } }, false],
    ["not a label that every object has", { labels: { constructor: "x" } }, false],
    ["one of several host names", { hostnames: ["web", "DB-1.example"] }, true],
    ["not a part of a host name", { hostnames: ["db-1"] }, false],
    ["one of several ids", { machineIds: ["x", "id-db-1.example"] }, true],
    ["one of several serials", { serials: [3, 4] }, true],
    ["not another serial", { serials: [40] }, false],
    ["selectors of two kinds when both hold", { serials: [4], hostnames: ["db-*"] }, true],
    ["not when only one of two kinds holds", { serials: [5], hostnames: ["db-*"] }, false],
  ])("%s", (_, selectors, holds) => {
    expect(matches(where(selectors), db)).toBe(holds);
    expect(isEligible(where(selectors), { ...db, isDraining: true })).toBe(false);
  });
});

describe("a pattern of host names", () => {
  test.each([
    ["*", "", true],
    ["*", "anything", true],
    ["db-*", "db-", true],
    ["db-*", "xdb-1", false],
    ["*-db", "seoul-db", true],
    ["*-db", "seoul-db-1", false],
    ["db-??", "db-01", true],
    ["db-??", "db-1", false],
    ["*a*b*", "xxaxxbxx", true],
    ["*a*b*", "xxbxxaxx", false],
    ["a.c", "abc", false],
    ["[a]", "a", false],
  ])("%j and %j", (pattern, hostname, holds) => {
    expect(matches(where({ hostnames: [pattern] }), member(hostname))).toBe(holds);
  });

  test("means the same as the regular expression of its parts", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 10 });
    const hosts = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(letters, hosts, (pattern, hostname) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matches(where({ hostnames: [pattern] }), member(hostname))).toBe(expression.test(hostname));
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes as much longer as the name is longer, whatever it is", () => {
    expect(matches(where({ hostnames: ["*a".repeat(100)] }), member("b".repeat(250)))).toBe(false);
    expect(matches(where({ hostnames: [`${"*a".repeat(100)}b`] }), member("a".repeat(250)))).toBe(false);
    const growth = growthForSixteenfold(250, (size) => {
      const name = member("b".repeat(size));
      return () => void matches(where({ hostnames: ["*a".repeat(100)] }), name);
    });
    expect(growth).toBeLessThan(GROWTH_MAX);
  });
});

describe("why nobody may begin a run", () => {
  const web = member("web-1", { labels: { role: "web" } });
  const db = member("db-1", { labels: { role: "db" }, serial: 2 as Serial });

  test.each<[string, Partial<Where>, readonly MemberFacts[], string]>([
    ["nobody lives", {}, [], "no machine was alive"],
    ["no label", { labels: { role: "gpu" } }, [web, db], "where: labels role=gpu"],
    ["no host name", { labels: { role: "db" }, hostnames: ["gpu-*"] }, [web, db], "where: hostnames gpu-*"],
    [
      "only all together",
      { labels: { role: "db" }, hostnames: ["web-*"] },
      [web, db],
      "all that the job's where asks for: labels role=db and hostnames web-*",
    ],
    ["who matches drains", { labels: { role: "db" } }, [web, { ...db, isDraining: true }], "draining (db-1)"],
    ["all drain", {}, [{ ...db, isDraining: true }], "every machine is draining (db-1)"],
  ])("says it in words: %s", (_, selectors, machines, words) => {
    expect(whyNobody(where(selectors), machines)).toContain(words);
  });

  test("names every selector that is given", () => {
    const all = where({ labels: { a: "b" }, hostnames: ["h"], machineIds: ["m"], serials: [1, 2] });
    expect(whereInWords(all)).toBe("labels a=b and hostnames h and machine_ids m and serials 1, 2");
    expect(whereInWords(ANYWHERE)).toBe("");
  });
});
