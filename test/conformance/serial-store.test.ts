import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Lease, SerialSighting } from "../../src/model/member.ts";
import type { SerialStore, TakeResult } from "../../src/ports/serial-store.ts";
import { machine, serial, session, TRAITS } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

const TTL_MS = 60_000;
/** A lease that is over as soon as it is given. */
const NO_TTL_MS = 0;

describe.each(WORLDS)("serials in $name", ({ open }) => {
  let world: World;
  let serials: SerialStore;

  beforeEach(async () => {
    world = await open();
    serials = world.agent().serials;
    await serials.prepare(3);
  });
  afterEach(() => world.close());

  const take = (name: string, ttlMs = TTL_MS) => serials.take(session(`session of ${name}`), machine(name), 3, ttlMs);

  const seen = async (lease: Lease): Promise<SerialSighting> => {
    const sighting = await serials.readSerial(lease.serial);
    if (sighting === undefined) throw new Error(`serial ${lease.serial} is free`);
    return sighting;
  };

  test("F16: are given lowest first", async () => {
    expect(leaseIn(await take("a")).serial).toBe(1);
    expect(leaseIn(await take("b")).serial).toBe(2);
  });

  test("are given again to whoever held them last while they are free, else lowest first", async () => {
    const [a, b] = [leaseIn(await take("a")), leaseIn(await take("b"))];
    await serials.release(a);
    await serials.release(b);
    const again = (name: string) => serials.take(session(`later session of ${name}`), machine(name), 3, TTL_MS);
    expect(leaseIn(await again("b")).serial).toBe(2);
    expect(leaseIn(await again("c")).serial).toBe(1);
    expect(leaseIn(await again("a")).serial).toBe(3);
  });

  test("are not given again beyond the highest that the fleet may use", async () => {
    await take("a");
    await serials.release(leaseIn(await take("b")));
    expect(await serials.take(session("later"), machine("b"), 1, TTL_MS)).toEqual({ outcome: "none_free" });
  });

  test("F15: are given once each to agents that come at the same time", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const results = await Promise.all(names.map((it) => take(it)));
    const given = results.flatMap((it) => (it.outcome === "taken" ? [it.lease.serial] : []));
    expect(given.sort((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(results.filter((it) => it.outcome === "none_free")).toHaveLength(2);
  });

  test("F16: are not given beyond the highest that the fleet may use", async () => {
    await serials.take(session("s-a"), machine("a"), 1, TTL_MS);
    expect(await serials.take(session("s-b"), machine("b"), 1, TTL_MS)).toEqual({ outcome: "none_free" });
  });

  test("are not given twice to a session that asks again", async () => {
    const first = leaseIn(await take("a"));
    expect(leaseIn(await take("a"))).toEqual(first);
    expect(await serials.readHeld()).toHaveLength(1);
  });

  test("answer a session that asks again also when all are taken by now", async () => {
    const first = leaseIn(await take("a"));
    await take("b");
    await take("c");
    expect(leaseIn(await take("a"))).toEqual(first);
  });

  test("tell who holds the machine's serial already", async () => {
    const first = leaseIn(await take("a"));
    const again = await serials.take(session("another session"), machine("a"), 3, TTL_MS);
    expect(again).toMatchObject({ outcome: "machine_held", holder: { ...first, machineId: "a", place: "boot:a" } });
  });

  test("take names that look like expressions of MongoDB as they are", async () => {
    const odd = { ...machine("x"), machineId: machine("$token").machineId, place: "$$ROOT" };
    const lease = leaseIn(await serials.take(session("$$NOW"), odd, 3, TTL_MS));
    expect(await seen(lease)).toMatchObject({ session: "$$NOW", machineId: "$token", place: "$$ROOT" });
    expect((await serials.renew(lease, TRAITS, TTL_MS)).outcome).toBe("renewed");
  });

  test("tell what their members are like: at the taking, at each renewal, and nothing once they are free", async () => {
    const labels = { site: "seoul", "a.b": "$$NOW", $x: "" };
    const joining = { ...machine("a"), labels, isDraining: true };
    const lease = leaseIn(await serials.take(session("s-a"), joining, 3, TTL_MS));
    expect(await seen(lease)).toMatchObject({ hostname: "a.example", labels, isDraining: true });
    await serials.renew(lease, { labels: { role: "db" }, isDraining: false }, TTL_MS);
    expect(await seen(lease)).toMatchObject({ hostname: "a.example", labels: { role: "db" }, isDraining: false });
    expect((await seen(lease)).labels).toEqual({ role: "db" });
    const next = await serials.replace(lease, session("next"), joining, TTL_MS);
    expect(next && (await seen(next))).toMatchObject({ labels, isDraining: true });
    if (next !== undefined) await serials.release(next);
    expect(await serials.readHeld()).toEqual([]);
    const other = leaseIn(await serials.take(session("s-b"), { ...machine("b"), labels: {} }, 3, TTL_MS));
    expect(await seen(other)).toMatchObject({ hostname: "b.example", labels: {}, isDraining: false });
  });

  test("are replaced at once by the same machine in the same place, and the former session is over", async () => {
    const former = leaseIn(await take("a"));
    const next = await serials.replace(former, session("next"), machine("a"), TTL_MS);
    expect(next).toEqual({ serial: former.serial, session: "next", token: former.token + 1 });
    expect((await serials.renew(former, TRAITS, TTL_MS)).outcome).toBe("over");
    expect(await serials.replace(former, session("next"), machine("a"), TTL_MS)).toEqual(next);
    expect(await serials.replace(former, session("third"), machine("a"), TTL_MS)).toBeUndefined();
  });

  test("are renewed after their lease ended while nobody reaped them", async () => {
    const lease = leaseIn(await take("a", NO_TTL_MS));
    const before = await seen(lease);
    const renewal = await serials.renew(lease, TRAITS, TTL_MS);
    expect(renewal.outcome).toBe("renewed");
    const after = await seen(lease);
    expect(after.heartbeat).toBe(before.heartbeat + 1);
    expect(renewal.outcome === "renewed" && after.leaseUntil - renewal.serverTime).toBe(TTL_MS);
  });

  test("are not reaped while their lease holds", async () => {
    const lease = leaseIn(await take("a"));
    expect(await serials.reap(await seen(lease), TTL_MS)).toBe(false);
  });

  test("are not reaped when the heartbeat moved since it was watched", async () => {
    const lease = leaseIn(await take("a", NO_TTL_MS));
    const watched = await seen(lease);
    await serials.renew(lease, TRAITS, NO_TTL_MS);
    expect(await serials.reap(watched, TTL_MS)).toBe(false);
    expect((await serials.renew(lease, TRAITS, TTL_MS)).outcome).toBe("renewed");
  });

  test("F16: are reaped when the lease is over and the heartbeat stands; the session never comes back", async () => {
    const lease = leaseIn(await take("a", NO_TTL_MS));
    const watched = await seen(lease);
    expect(await serials.reap(watched, TTL_MS)).toBe(true);
    expect(await serials.reap(watched, TTL_MS)).toBe(false);
    expect((await serials.renew(lease, TRAITS, TTL_MS)).outcome).toBe("over");
    expect(await serials.release(lease)).toBe(false);
    expect(await serials.readHeld()).toEqual([]);
    const next = leaseIn(await take("b"));
    expect(next.serial).toBe(lease.serial);
    expect(next.token).toBe(lease.token + 2);
  });

  test("are reaped when their lease ends absurdly far ahead, since then the server's clock went back", async () => {
    const lease = leaseIn(await take("a", 10 * TTL_MS));
    expect(await serials.reap(await seen(lease), TTL_MS)).toBe(true);
  });

  test("F14: obey nobody who has the session but not its token", async () => {
    const lease = leaseIn(await take("a", NO_TTL_MS));
    const stale = { ...(await seen(lease)), token: lease.token - 1 };
    expect((await serials.renew(stale, TRAITS, TTL_MS)).outcome).toBe("over");
    expect(await serials.release(stale)).toBe(false);
    expect(await serials.reap(stale, TTL_MS)).toBe(false);
    expect(await serials.replace(stale, session("next"), machine("a"), TTL_MS)).toBeUndefined();
    expect((await seen(lease)).session).toBe(lease.session);
  });

  test("are free again after their release, once", async () => {
    const lease = leaseIn(await take("a"));
    expect(await serials.release(lease)).toBe(true);
    expect(await serials.release(lease)).toBe(false);
    expect(await serials.readHeld()).toEqual([]);
  });

  test("are read in their order, by number and by machine", async () => {
    const first = leaseIn(await take("gone"));
    await take("b");
    await serials.release(first);
    await take("a");
    expect((await serials.readHeld()).map((it) => it.machineId)).toEqual(["a", "b"]);
    expect((await serials.readSerial(serial(2)))?.machineId).toBe("b");
    expect(await serials.readSerial(serial(3))).toBeUndefined();
  });

  test("can be prepared by many agents at once, and extended", async () => {
    await Promise.all([serials.prepare(6), serials.prepare(6), serials.prepare(6)]);
    for (let n = 1; n <= 6; n++) {
      const lease = await serials.take(session(`s${n}`), machine(`m${n}`), 6, TTL_MS);
      expect(leaseIn(lease).serial).toBe(n);
    }
  });
});

function leaseIn(result: TakeResult): Lease {
  if (result.outcome !== "taken") throw new Error(`expected a serial, got ${result.outcome}`);
  return result.lease;
}
