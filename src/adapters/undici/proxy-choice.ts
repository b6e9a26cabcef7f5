/** Which proxy a request goes through, if any. */
export type ProxyChoice = (url: URL) => string | undefined;

/**
 * @param setting `"none"`, the URL of a proxy, or `"env"`: HTTP_PROXY for http, HTTPS_PROXY for https, ALL_PROXY for
 *   either, in small letters or capitals, save for the hosts of NO_PROXY
 */
export function createProxyChoice(setting: string, env: Readonly<Record<string, string | undefined>>): ProxyChoice {
  if (setting === "none" || setting === "") return () => undefined;
  if (setting !== "env") return () => proxyUrl(setting);
  const read = (name: string): string => env[name.toLowerCase()] || env[name] || "";
  const all = read("ALL_PROXY");
  const proxies = { "http:": read("HTTP_PROXY") || all, "https:": read("HTTPS_PROXY") || all };
  const exceptions = read("NO_PROXY")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parseException);
  return (url) => {
    const proxy = url.protocol === "https:" ? proxies["https:"] : proxies["http:"];
    if (proxy === "" || exceptions.some((covers) => covers(url))) return undefined;
    return proxyUrl(proxy);
  };
}

function proxyUrl(text: string): string {
  return text.includes("://") ? text : `http://${text}`;
}

/** `*`, `host`, `.domain` or `*.domain` (with all below), each with or without a port. */
function parseException(entry: string): (url: URL) => boolean {
  if (entry === "*") return () => true;
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase());
  const host = (match?.[1] ?? entry.toLowerCase()).replace(/^\*?\./, "");
  const port = match?.[2];
  return (url) => {
    const urlPort = url.port || (url.protocol === "https:" ? "443" : "80");
    if (port !== undefined && port !== urlPort) return false;
    const bare = url.hostname.replace(/^\[(.*)\]$/, "$1");
    return url.hostname === host || bare === host || url.hostname.endsWith(`.${host}`);
  };
}
