import { hostname } from "node:os";

/** What this machine is called. */
export function hostFacts(): { readonly hostname: string } {
  return { hostname: hostname() };
}
