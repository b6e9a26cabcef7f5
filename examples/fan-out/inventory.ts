import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Respond } from "../stage/stand-in.ts";

/** Sites that are to be refreshed; their names are no plain words on purpose. */
export const ACTIVE_SITES = ["oslo", "perth", "são paulo", "lima/north", "50% off", "ulm", "rome?"];
/** The one whose cache can't be cleared. */
export const BROKEN_SITE = "perth";
const CLOSED_SITES = ["atlantis"];
/** Long enough that answers overlap. */
const ANSWER_AFTER_MS = 200;

/** The inventory of sites: what there is, and what was done to each. */
export interface Inventory {
  readonly respond: Respond;
  /** Most purges and visits that were under way at once. */
  readonly mostAtOnce: () => number;
}

export function createInventory(): Inventory {
  let underWay = 0;
  let mostAtOnce = 0;

  async function slowly(answer: Answer): Promise<Answer> {
    underWay++;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    await pause(ANSWER_AFTER_MS);
    underWay--;
    return answer;
  }

  return {
    mostAtOnce: () => mostAtOnce,
    respond({ method, path }) {
      const [, place, site, what] = path.split("/").map(decodeURIComponent);
      if (place === "summaries" && method === "POST") return { status: 201, body: {} };
      if (place !== "sites") return { status: 404, body: {} };
      if (site === undefined)
        return { status: 200, body: { sites: [...siteRows(ACTIVE_SITES, true), ...siteRows(CLOSED_SITES, false)] } };
      if (!ACTIVE_SITES.includes(site)) return { status: 404, body: {} };
      if (what === "flag") return { status: 200, body: {} };
      if (what === "purge")
        return slowly(site === BROKEN_SITE ? { status: 503, body: { error: "busy" } } : { status: 200, body: {} });
      return slowly({ status: 200, body: { title: `Welcome to ${site}` } });
    },
  };
}

function siteRows(
  names: readonly string[],
  active: boolean,
): readonly { readonly name: string; readonly active: boolean }[] {
  return names.map((name) => ({ name, active }));
}
