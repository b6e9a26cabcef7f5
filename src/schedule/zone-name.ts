import { memoize } from "./memoize.ts";

const ZONES_REMEMBERED_MAX = 1_000;

/** Names of links whose letters follow no rule; ICU knows them, but answers with the zone that they point to. */
const ODD_SPELLINGS = [
  "America/Argentina/ComodRivadavia,America/Knox_IN,Antarctica/McMurdo,Antarctica/DumontDUrville,Australia/ACT,Australia/LHI",
  "Australia/NSW,Brazil/DeNoronha,CET,CST6CDT,Chile/EasterIsland,EET,EST,EST5EDT,Etc/GMT,Etc/GMT+0,Etc/GMT-0,Etc/GMT0",
  "Etc/UCT,Etc/UTC,GB,GB-Eire,GMT,GMT+0,GMT-0,GMT0,HST,MET,MST,MST7MDT,Mexico/BajaNorte,Mexico/BajaSur,NZ,NZ-CHAT",
  "PRC,PST8PDT,ROC,ROK,UCT,UTC,W-SU,WET",
].flatMap((names) => names.split(","));
const SPELLING_OF = new Map(ODD_SPELLINGS.map((name) => [name.toLowerCase(), name]));

/** Words that stay small inside a name, as in `America/Port_of_Spain`. */
const SMALL_WORDS = new Set(["of", "es", "au"]);

/**
 * The name of an IANA zone in its canonical spelling (`asia/seoul` gives `Asia/Seoul`), or `undefined` when this
 * machine knows no such zone. Offsets such as `+09:00` are no zones.
 *
 * A link keeps its own name: which of `Asia/Kolkata` and `Asia/Calcutta` counts as the main one differs between
 * versions of Node, and the name is part of an occurrence's key, which must be the same on every machine.
 */
export const canonicalZone: (text: string) => string | undefined = memoize(ZONES_REMEMBERED_MAX, (text) => {
  if (!/^[a-z]/i.test(text)) return undefined;
  let resolved: string;
  try {
    resolved = new Intl.DateTimeFormat("en-US", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
  return resolved.toLowerCase() === text.toLowerCase() ? resolved : spellingOf(text.toLowerCase());
});

function spellingOf(name: string): string {
  const known = SPELLING_OF.get(name);
  if (known !== undefined) return known;
  return name.replace(/[a-z]+/g, (word, at: number) => {
    if (at > 0 && SMALL_WORDS.has(word)) return word;
    return word === "us" && at === 0 ? "US" : word.charAt(0).toUpperCase() + word.slice(1);
  });
}
