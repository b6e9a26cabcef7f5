const ENCODE = "percent-encode the characters @ : / ? # [ ] % of user name and password";
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[^\s@:/?#[\]]+)(?::(\d{1,5}))?$/;

/** The parts of a connection string that lie between scheme and options. */
interface UriParts {
  readonly isSrv: boolean;
  readonly user: string | undefined;
  readonly hosts: readonly string[];
  readonly path: string;
  readonly options: string;
  readonly fragment: string;
}

/**
 * What is wrong with a MongoDB connection string, in words that repeat nothing of it. The driver takes an unescaped
 * `@` or `/` of a password for the end of it and then looks for a host that is a piece of the password.
 */
export function mongodbUriProblem(uri: string): string | undefined {
  if (/[\s\p{Cc}]/u.test(uri)) return `holds a space or a line break; remove it, and ${ENCODE}`;
  const parts = split(uri);
  if (parts === undefined) return 'must begin with mongodb:// or mongodb+srv:// (or be "embedded")';
  return userProblem(parts) ?? restProblem(parts) ?? hostsProblem(parts);
}

/** The hosts of a connection string: all of it that may be shown. Empty when it is malformed. */
export function mongodbHosts(uri: string): readonly string[] {
  return mongodbUriProblem(uri) === undefined ? (split(uri)?.hosts ?? []) : [];
}

function split(uri: string): UriParts | undefined {
  const match = /^mongodb(\+srv)?:\/\/([^/?#]*)(?:\/([^?]*))?(?:\?(.*))?(#.*)?$/s.exec(uri);
  if (match === null) return /^mongodb(\+srv)?:\/\//.test(uri) ? UNREADABLE : undefined;
  const [, srv, authority = "", path = "", options = "", fragment = ""] = match;
  const at = authority.lastIndexOf("@");
  return {
    isSrv: srv !== undefined,
    user: at < 0 ? undefined : authority.slice(0, at),
    hosts: authority.slice(at + 1).split(","),
    path,
    options,
    fragment,
  };
}

/** Stands for what begins as a connection string and goes on as none: it has no hosts. */
const UNREADABLE: UriParts = { isSrv: false, user: undefined, hosts: [""], path: "", options: "", fragment: "" };

function userProblem({ user }: UriParts): string | undefined {
  if (user === undefined) return undefined;
  if (user.includes("@")) return `has an @ too many; ${ENCODE}`;
  if (user.split(":").length > 2) return `has a : too many in its password; ${ENCODE}`;
  if (/%(?![0-9A-Fa-f]{2})/.test(user)) return `has a % that encodes nothing; ${ENCODE}`;
  if (user.startsWith(":") || user === "") return "has an @ but no user name before it";
  return undefined;
}

function restProblem({ path, options, fragment }: UriParts): string | undefined {
  if (path.includes("@")) return `has an @ behind a /: its password looks cut off; ${ENCODE}`;
  if (path.includes("/")) return `has a / too many; ${ENCODE}`;
  // An @ may stand in an option, but nobody can tell it from the end of a password with a ? in it.
  if (options.includes("@")) return `has an @ behind a ?: its password looks cut off; ${ENCODE}`;
  if (fragment !== "") return `has a #: its password looks cut off; ${ENCODE}`;
  return undefined;
}

function hostsProblem({ hosts, isSrv }: UriParts): string | undefined {
  for (const host of hosts) {
    if (host === "") return "names no host; write it as mongodb://host:27017";
    const port = HOST.exec(host)?.[2];
    const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
    if (!HOST.test(host) || !isPort)
      return `has a host part that is no host; if it is a piece of a password, ${ENCODE}`;
    if (isSrv && port !== undefined) return "has a port, but mongodb+srv:// takes the port from DNS; remove it";
  }
  return isSrv && hosts.length > 1 ? "names several hosts, but mongodb+srv:// takes exactly one" : undefined;
}
