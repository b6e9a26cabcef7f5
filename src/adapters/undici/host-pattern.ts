/** An entry of `egress.allow_hosts`: a host name or address, `*` for any characters, with or without a port. */
export interface HostPattern {
  /** True without a `*`: only such an entry opens what is otherwise always refused. */
  readonly isExact: boolean;
  matches(host: string, port: number): boolean;
}

export function createHostPattern(entry: string): HostPattern {
  const text = entry.trim().toLowerCase();
  const withPort = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text);
  const host = (withPort?.[1] ?? text).replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const port = withPort?.[2] === undefined ? undefined : Number(withPort[2]);
  const parts = host.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join(".*")}$`);
  return {
    isExact: parts.length === 1,
    matches: (name, at) => pattern.test(name.toLowerCase().replace(/\.$/, "")) && (port === undefined || port === at),
  };
}
