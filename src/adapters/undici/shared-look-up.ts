import type { LookUp } from "./checked-addresses.ts";

/**
 * One look-up per name at a time: who asks for a name that is being looked up gets the same answer. The system looks up
 * only a few names at once, and a name server that does not answer must not fill these places with one name.
 */
export function shareLookUps(lookUp: LookUp): LookUp {
  const underWay = new Map<string, ReturnType<LookUp>>();
  return (host) => {
    const already = underWay.get(host);
    if (already !== undefined) return already;
    const asked = lookUp(host).finally(() => underWay.delete(host));
    underWay.set(host, asked);
    return asked;
  };
}
