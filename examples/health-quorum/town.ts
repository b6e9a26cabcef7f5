import type { Respond } from "../stage/stand-in.ts";

/** The way to the shop from one machine is `/way/N`; the board and the pager stand beside it. */
export interface Town {
  readonly respond: Respond;
  /** From here on, these machines can't reach the shop. */
  cutOff(machines: readonly number[]): void;
  /** What the pager was told, in order. */
  readonly pages: readonly { readonly service: string; readonly state: string }[];
  /** Results on the board. */
  results(): readonly string[];
}

export function createTown(): Town {
  let cutOff: readonly number[] = [];
  let alarm = false;
  const checks = new Map<string, string>();
  const pages: { service: string; state: string }[] = [];
  return {
    pages,
    results: () => [...checks.values()].toSorted(),
    cutOff(machines) {
      cutOff = machines;
    },
    respond({ method, path, body }) {
      const [, place, name, part, machine] = path.split("/");
      if (place === "way") {
        // A connection that breaks, as on a network that is cut.
        if (cutOff.includes(Number(name))) throw new Error("no way to the shop");
        return { status: 200, body: { status: "up" } };
      }
      if (place === "pages") {
        pages.push(JSON.parse(body) as { service: string; state: string });
        return { status: 202, body: {} };
      }
      if (name === undefined) {
        const rows = [...checks].map(([id, result]) => ({ machine: id, result }));
        return { status: 200, body: { services: [{ name: "shop", alarm, checks: rows }] } };
      }
      if (part === "alarm") alarm = method === "PUT";
      else if (machine !== undefined) checks.set(machine, (JSON.parse(body) as { result: string }).result);
      return { status: 200, body: {} };
    },
  };
}
