import type { Respond } from "../stage/stand-in.ts";

export const CLIENT = { id: "fleet", secret: "s3cret & more" };
/** Seconds that a token is said to hold. */
const EXPIRES_SEC = 3_600;
const ORDERS = [{ id: 7 }, { id: 8 }];

/** An identity provider and a shop that takes its tokens. */
export interface Shop {
  readonly respond: Respond;
  /** Every token given so far is refused from here on, though none has expired. */
  revokeTokens(): void;
}

export function createShop(): Shop {
  let given = 0;
  let valid: string | undefined;
  return {
    revokeTokens() {
      valid = undefined;
    },
    respond({ method, path, headers, body }) {
      const authorization = headers["authorization"];
      if (path === "/oauth/token") {
        const isOurs = method === "POST" && authorization === basic(CLIENT.id, CLIENT.secret);
        const form = new URLSearchParams(body);
        if (!isOurs) return { status: 401, body: { error: "invalid_client" } };
        if (form.get("grant_type") !== "client_credentials" || form.get("scope") !== "orders")
          return { status: 400, body: { error: "invalid_request" } };
        valid = `token-${++given}`;
        return { status: 200, body: { access_token: valid, token_type: "Bearer", expires_in: EXPIRES_SEC } };
      }
      if (valid === undefined || authorization !== `Bearer ${valid}`) return { status: 401, body: {} };
      if (path === "/orders") return { status: 200, body: { orders: ORDERS } };
      return path === "/confirmations" ? { status: 201, body: {} } : { status: 404, body: {} };
    },
  };
}

/** RFC 6749, 2.3.1: both parts are form-encoded first. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((it) => new URLSearchParams([["", it]]).toString().slice(1)).join(":");
  return `Basic ${Buffer.from(encoded).toString("base64")}`;
}
