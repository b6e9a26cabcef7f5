import { Int32, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/adapters/mongo/stores.ts";
import { WORLDS, type World } from "./worlds.ts";

const SEEN = { status: "seen", reason: undefined } as const;
const OK = { status: "ok", result: "done", machineId: "machine-1" } as const;

describe.each(WORLDS)("commands in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  test("are read oldest first, without those that are known, whatever they look like", async () => {
    const ids = ["000000000000000000000001", "000000000000000000000002", "000000000000000000000003"];
    for (const id of ids)
      await world.putCommand({ _id: new ObjectId(id), type: "ping", target: "all", created_at: "yesterday" });
    const page = await stores.commands.readUnknown(new Set(), 2);
    expect(page.map((it) => [it.id, it.type])).toEqual([
      [ids[0], "ping"],
      [ids[1], "ping"],
    ]);
    expect((await stores.commands.readUnknown(new Set(ids.slice(0, 2)), 2)).map((it) => it.id)).toEqual([ids[2]]);
    await world.putCommand({ _id: new Int32(7), type: 5 });
    const [odd] = await stores.commands.readUnknown(new Set(ids), 10);
    expect(odd).toMatchObject({ id: '{"$numberInt":"7"}', type: "", parsed: { ok: true, value: { type: 5 } } });
  });

  test("are left out by no page, also those that come while pages are read", async () => {
    const known = new Set<string>();
    const readPage = async () => {
      const ids = (await stores.commands.readUnknown(known, 3)).map((it) => it.id);
      for (const id of ids) {
        expect(known).not.toContain(id);
        known.add(id);
      }
      return ids.length;
    };
    const put = (...ids: string[]) => Promise.all(ids.map((_id) => world.putCommand({ _id, type: "ping" })));
    await put("c", "d", "e", "f", "g", "h", "i", "j");
    expect(await readPage()).toBe(3);
    await put("a", "z");
    while ((await readPage()) === 3);
    expect([...known].toSorted()).toEqual(["a", "c", "d", "e", "f", "g", "h", "i", "j", "z"]);
  });

  test("are read again by whoever does not know the page before", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) await world.putCommand({ _id: id, type: "ping" });
    const read = async (...known: string[]) =>
      (await stores.commands.readUnknown(new Set(known), 2)).map((it) => it.id);
    expect(await read()).toEqual(["a", "b"]);
    expect(await read("b")).toEqual(["a", "c"]);
    expect(await read("a", "b", "c")).toEqual(["d", "e"]);
    expect(await read()).toEqual(["a", "b"]);
  });

  test("keep the time and the verdict of their first sight", async () => {
    const first = await stores.commands.see("$c", SEEN);
    expect(first.sight.status).toBe("seen");
    expect(first.now).toBeGreaterThanOrEqual(first.sight.at);
    const second = await world.agent("machine-2").commands.see("$c", { status: "rejected", reason: "unknown target" });
    expect(second.sight).toEqual(first.sight);
    expect([first.isFirst, second.isFirst]).toEqual([true, false]);
  });

  test("have one first sight however many look at once", async () => {
    const sights = await Promise.all(Array.from({ length: 10 }, () => stores.commands.see("c", SEEN)));
    expect(new Set(sights.map((it) => it.sight.at)).size).toBe(1);
    expect(sights.filter((it) => it.isFirst)).toHaveLength(1);
  });

  test("are acknowledged once under a key", async () => {
    const answers = ["machine-1", "machine-2", "machine-3"].map((machineId) => ({ ...OK, machineId }));
    const outcomes = await Promise.all(answers.map((it) => stores.commands.acknowledge("c", "leader", it)));
    expect(outcomes.filter((it) => it === "stored")).toHaveLength(1);
    expect(await stores.commands.acknowledge("c", "machine-1", OK)).toBe("stored");
    expect(await stores.commands.answered(["c", "d"], "leader")).toEqual(new Set(["c"]));
    expect(await stores.commands.answered(["c"], "serial:3")).toEqual(new Set());
  });

  test("acknowledged again in the same words count as acknowledged", async () => {
    expect(await stores.commands.acknowledge("c", "leader", OK)).toBe("stored");
    expect(await stores.commands.acknowledge("c", "leader", OK)).toBe("stored");
    expect(await stores.commands.acknowledge("c", "leader", { ...OK, result: "not done" })).toBe("exists");
  });

  test("are removed when they were seen long ago, and their answers stay", async () => {
    await world.putCommand({ _id: "old", type: "ping" });
    await world.putCommand({ _id: "unseen", type: "ping" });
    await stores.commands.see("old", SEEN);
    await stores.commands.acknowledge("old", "leader", OK);
    expect(await stores.commands.removeSeenBefore(60_000)).toBe(0);
    expect(await stores.commands.removeSeenBefore(0)).toBe(1);
    expect((await stores.commands.readUnknown(new Set(), 10)).map((it) => it.id)).toEqual(["unseen"]);
    expect(await stores.commands.answered(["old"], "leader")).toEqual(new Set(["old"]));
  });
});
