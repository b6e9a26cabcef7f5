import type { OAuth1Auth } from "../../model/auth.ts";
import type { Rendered } from "../../expression/scope.ts";

/** What an OAuth 1 signature is made of; a token that is empty is none. */
export interface OAuth1Credentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

const SHAPE = 'it is either "consumer:token:secret" or JSON with consumer_key, token_key and token_secret';

/**
 * The credentials of a rendered `auth`, from its single fields or from `key`: `consumer:token:secret` with an empty
 * consumer secret, or JSON with `consumer_key`, `token_key`, `token_secret` and maybe `consumer_secret`. Errors hold
 * nothing of a key.
 */
export function oauth1Credentials(auth: OAuth1Auth): Rendered<OAuth1Credentials> {
  const found = auth.key === undefined ? { ok: true as const, value: auth } : readKey(auth.key.trim());
  if (!found.ok) return found;
  const { consumerKey, consumerSecret, token, tokenSecret } = found.value;
  if (consumerKey === "") return { ok: false, error: "the consumer key of OAuth 1 is empty" };
  return { ok: true, value: { consumerKey, consumerSecret, token, tokenSecret } };
}

function readKey(key: string): Rendered<OAuth1Credentials> {
  if (key.startsWith("{")) return readJsonKey(key);
  const parts = key.split(":");
  const [consumerKey = "", token = "", tokenSecret = ""] = parts;
  if (parts.length !== 3 || parts.includes("")) {
    return { ok: false, error: `the OAuth 1 key has ${parts.length} parts between colons, or an empty one: ${SHAPE}` };
  }
  return { ok: true, value: { consumerKey, consumerSecret: "", token, tokenSecret } };
}

function readJsonKey(key: string): Rendered<OAuth1Credentials> {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(key) as Readonly<Record<string, unknown>>;
  } catch {
    return { ok: false, error: `the OAuth 1 key begins like JSON and is none: ${SHAPE}` };
  }
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === "string" ? value : "";
  };
  for (const name of ["consumer_key", "token_key", "token_secret"]) {
    if (text(name) === "") return { ok: false, error: `the OAuth 1 key has no text ${name}: ${SHAPE}` };
  }
  return {
    ok: true,
    value: {
      consumerKey: text("consumer_key"),
      consumerSecret: text("consumer_secret"),
      token: text("token_key"),
      tokenSecret: text("token_secret"),
    },
  };
}
