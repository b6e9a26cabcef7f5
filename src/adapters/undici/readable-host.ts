import { domainToUnicode } from "node:url";

/** The host name as people write it: in its `xn--` form nobody would find a secret that is a part of a label. */
export function readableHostname(hostname: string): string {
  return hostname.includes("xn--") ? domainToUnicode(hostname) : hostname;
}

/** The same with the port, unless it is the usual one. */
export function readableHost(url: URL): string {
  return readableHostname(url.hostname) + (url.port === "" ? "" : `:${url.port}`);
}
