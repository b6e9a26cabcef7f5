import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createShares, type SharedJob } from "../../src/membership/shares.ts";
import type { JobId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Member, Serial, SessionId } from "../../src/model/member.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";
import { ANYWHERE, type Where } from "../../src/model/where.ts";

function member(name: string, serial: number, facts: Partial<Member> = {}): Member {
  const identity = { session: `session-${name}` as SessionId, machineId: name as MachineId, hostname: name };
  return { ...identity, serial: serial as Serial, labels: {}, isDraining: false, ...facts };
}

const any = (id: string, where: Partial<Where> = {}): SharedJob => ({
  id: id as JobId,
  runOn: "any",
  where: { ...ANYWHERE, ...where },
});
const ofLeader = (where: Partial<Where> = {}): SharedJob => ({ ...any("job", where), runOn: "leader" });

const FLEET = [member("a", 1), member("b", 2, { labels: { role: "db" } }), member("c", 3, { labels: { role: "db" } })];
const leader = "session-b" as SessionId;

describe("a job that runs on the leader is", () => {
  test("the leader's", () => {
    expect(createShares(leader, FLEET).ownerOf(ofLeader())?.machineId).toBe("b");
  });

  test("the lowest serial's that matches, when the leader does not", () => {
    expect(createShares("session-a" as SessionId, FLEET).ownerOf(ofLeader({ labels: { role: "db" } }))?.machineId).toBe(
      "b",
    );
  });

  test("another's while the leader drains", () => {
    const draining = FLEET.map((it) => (it.machineId === "b" ? { ...it, isDraining: true } : it));
    expect(createShares(leader, draining).ownerOf(ofLeader())?.machineId).toBe("a");
  });

  test("nobody's when nobody matches", () => {
    const shares = createShares(leader, FLEET);
    expect(shares.ownerOf(ofLeader({ labels: { role: "gpu" } }))).toBeUndefined();
    expect(shares.standInFor(ofLeader({ labels: { role: "gpu" } }))).toBeUndefined();
  });
});

describe("a job that runs on any is", () => {
  const fleets = fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })
    .map((names) => names.map((name, index) => member(name, index + 1)));

  test("one member's, whoever leads and in whatever order the members are known", () => {
    fc.assert(
      fc.property(fleets, fc.string(), (members, id) => {
        const owner = createShares(null, members).ownerOf(any(id));
        expect(owner).toBeDefined();
        const others = createShares(members[0]?.session ?? null, members.toReversed());
        expect(others.ownerOf(any(id))?.machineId).toBe(owner?.machineId);
      }),
    );
  });

  test("still the same machine's after it was restarted, and after another drained, left or came", () => {
    fc.assert(
      fc.property(fleets, fc.string(), fc.nat(), (members, id, which) => {
        const owner = createShares(null, members).ownerOf(any(id));
        const other = members[which % members.length];
        fc.pre(other !== undefined && other.machineId !== owner?.machineId);
        const restarted = members.map((it) => ({ ...it, session: `${it.session}-again` as SessionId }));
        const drained = members.map((it) => (it === other ? { ...it, isDraining: true } : it));
        const left = members.filter((it) => it !== other);
        for (const fleet of [restarted, drained, left])
          expect(createShares(null, fleet).ownerOf(any(id))?.machineId).toBe(owner?.machineId);
      }),
    );
  });

  test("spread evenly over those that match", () => {
    const shares = createShares(leader, FLEET);
    const counts = new Map<string, number>();
    for (let job = 0; job < 2_000; job++) {
      const owner = shares.ownerOf(any(`job-${job}`, { labels: { role: "db" } }))?.machineId ?? "nobody";
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["b", "c"]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(900);
  });

  test("done by another than its owner when that one did not, if there is another", () => {
    const shares = createShares(leader, FLEET);
    for (let job = 0; job < 50; job++) {
      const shared = any(`job-${job}`, { labels: { role: "db" } });
      const both = [shares.ownerOf(shared)?.machineId, shares.standInFor(shared)?.machineId];
      expect(new Set<string | undefined>(both)).toEqual(new Set(["b", "c"]));
    }
    expect(shares.standInFor(any("job", { serials: [1] }))?.machineId).toBe("a");
  });

  test("found among sixteen times as many members in no more than so many times longer", () => {
    const growth = growthForSixteenfold(60, (size) => {
      const many = Array.from({ length: size }, (_, index) => member(`machine-${index}`, index + 1));
      const shares = createShares(leader, many);
      return () => {
        for (let job = 0; job < 1_000; job++) shares.ownerOf(any(`job-${job}`));
      };
    });
    expect(growth).toBeLessThan(GROWTH_MAX);
  });
});
