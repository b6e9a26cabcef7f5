import type { Auth, BasicAuth, BearerAuth, OAuth1Auth, OAuth2Auth } from "../model/auth.ts";
import { describe, isAbsent, openObject, type Field } from "./field.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readChoice } from "./read-values.ts";
import { readRequestUrl } from "./request-url.ts";
import { readNeededSecretText, readSecretText } from "./secret-text.ts";
import { holdsTemplates, readTemplatedText } from "./template-check.ts";

const TYPES = ["bearer", "basic", "oauth1", "oauth2"] as const;

/** `auth`: how a request says who sends it. */
export function readAuth(field: Field): Auth | undefined {
  if (isAbsent(field)) return undefined;
  if (!isPlainObject(field.value)) {
    field.notes.error(field.path, `must be an object, got ${describe(field)}`);
    return undefined;
  }
  const typeField = { ...field, path: pointerTo(field.path, "type"), value: ownValue(field.value, "type") };
  if (isAbsent(typeField)) field.notes.error(typeField.path, `is missing; write one of ${TYPES.join(", ")}`);
  switch (readChoice(typeField, TYPES)) {
    case "bearer":
      return readBearer(field);
    case "basic":
      return readBasic(field);
    case "oauth1":
      return readOAuth1(field);
    case "oauth2":
      return readOAuth2(field);
    case undefined:
      return undefined;
  }
}

function readBearer(field: Field): BearerAuth | undefined {
  const fields = openObject(field, ["type", "token"]);
  return fields && { type: "bearer", token: readNeededSecretText(fields("token")) };
}

function readBasic(field: Field): BasicAuth | undefined {
  const fields = openObject(field, ["type", "username", "password"]);
  if (fields === undefined) return undefined;
  const username = readNeededText(fields("username"));
  if (!holdsTemplates(username) && username.includes(":")) {
    field.notes.error(fields("username").path, "holds a colon, which parts name and password (RFC 7617); remove it");
  }
  return { type: "basic", username, password: readNeededSecretText(fields("password")) };
}

const OAUTH1_PARTS = ["consumer_key", "consumer_secret", "token", "token_secret"] as const;

function readOAuth1(field: Field): OAuth1Auth | undefined {
  const fields = openObject(field, ["type", "signature", "key", "realm", ...OAUTH1_PARTS]);
  if (fields === undefined) return undefined;
  const signature = readChoice(fields("signature"), ["PLAINTEXT", "HMAC-SHA1"]) ?? "PLAINTEXT";
  const realm = readTemplatedText(fields("realm"));
  const key = fields("key");
  if (isAbsent(key)) {
    return {
      type: "oauth1",
      signature,
      consumerKey: readNeededText(fields("consumer_key")),
      consumerSecret: readSecretText(fields("consumer_secret")) ?? "",
      token: (isAbsent(fields("token")) ? undefined : readTemplatedText(fields("token"))) ?? "",
      tokenSecret: readSecretText(fields("token_secret")) ?? "",
      key: undefined,
      realm,
    };
  }
  for (const name of OAUTH1_PARTS) {
    if (!isAbsent(fields(name))) field.notes.error(fields(name).path, "stands beside key; keep one of the two");
  }
  const whole = readNeededSecretText(key);
  if (whole !== "" && !holdsTemplates(whole) && whole.split(":").length !== 3) {
    field.notes.error(key.path, "must be consumer:token:secret, three parts with colons between them");
  }
  return {
    type: "oauth1",
    signature,
    consumerKey: "",
    consumerSecret: "",
    token: "",
    tokenSecret: "",
    key: whole,
    realm,
  };
}

function readOAuth2(field: Field): OAuth2Auth | undefined {
  const names = ["type", "token_url", "client_id", "client_secret", "scope", "audience", "client_auth"] as const;
  const fields = openObject(field, names);
  if (fields === undefined) return undefined;
  const tokenUrl = fields("token_url");
  if (isAbsent(tokenUrl)) field.notes.error(tokenUrl.path, "is missing; say which URL gives the token");
  return {
    type: "oauth2",
    tokenUrl: readRequestUrl(tokenUrl) ?? "",
    clientId: readNeededText(fields("client_id")),
    clientSecret: readNeededSecretText(fields("client_secret")),
    scope: readTemplatedText(fields("scope")),
    audience: readTemplatedText(fields("audience")),
    clientAuth: readChoice(fields("client_auth"), ["basic", "body"]) ?? "basic",
  };
}

function readNeededText(field: Field): string {
  if (isAbsent(field)) field.notes.error(field.path, "is missing; write a text, or a template such as {{KEY}}");
  return readTemplatedText(field) ?? "";
}
