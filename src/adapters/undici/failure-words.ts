import { readableHostname } from "./readable-host.ts";

const NETWORK_WORDS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused by HOST"],
  ["ECONNRESET", "HOST closed the connection before the answer was complete"],
  ["EPIPE", "HOST closed the connection while the request was sent"],
  ["UND_ERR_SOCKET", "HOST closed the connection before the answer was complete"],
  ["ETIMEDOUT", "no connection to HOST: it did not answer"],
  ["EHOSTUNREACH", "HOST can't be reached from this machine"],
  ["ENETUNREACH", "HOST can't be reached from this machine"],
  ["EADDRNOTAVAIL", "HOST can't be reached from this machine"],
  ["EACCES", "this machine does not allow a connection to HOST"],
  ["ENOTFOUND", "no such host: HOST"],
  ["EAI_AGAIN", "the name server gave no answer for HOST"],
  ["EAI_FAIL", "the name server gave no answer for HOST"],
  ["UND_ERR_HEADERS_OVERFLOW", "headers too large in the answer of HOST"],
  ["HPE_HEADER_OVERFLOW", "headers too large in the answer of HOST"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "the answer of HOST has another length than it says"],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "the answer of HOST is too large"],
]);

const UNKNOWN_AUTHORITY =
  "its certificate comes from an authority unknown here: add that to tls.ca of the job, or to egress.ca_file of this machine";
const REFUSED_OURS = "it refused the client certificate of the job (tls.cert)";
const NO_TLS_IN_COMMON = "it does not speak TLS as this machine does";

const TLS_WORDS: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  ["CERT_REVOKED", "its certificate was revoked"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  [
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "its certificate is self-signed: add it to tls.ca of the job, or to egress.ca_file of this machine",
  ],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNKNOWN_AUTHORITY],
  ["CERT_SIGNATURE_FAILURE", "its certificate comes from an authority that only has the name of a known one"],
  ["EPROTO", NO_TLS_IN_COMMON],
  ["ERR_SSL_WRONG_VERSION_NUMBER", `${NO_TLS_IN_COMMON}; is it a server for http://?`],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "it wants a client certificate: give tls.cert and tls.key in the job"],
  [
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "it broke off the handshake; it may want a client certificate (tls.cert and tls.key of the job)",
  ],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", `${REFUSED_OURS}: it does not know who issued it`],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", `${REFUSED_OURS}: it has expired`],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED", `${REFUSED_OURS}: it was revoked`],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN", REFUSED_OURS],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", REFUSED_OURS],
  ["ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", REFUSED_OURS],
]);

/** What went wrong in plain words, naming the host and never a path or query, where secrets may stand. */
export function failureWords(error: unknown, url: URL): string {
  const cause = innermost(error);
  const code = codeOf(cause);
  const host = code === "ENOTFOUND" || code.startsWith("EAI_") ? readableHostname(url.hostname) : hostAndPort(url);
  const network = NETWORK_WORDS.get(code);
  if (network !== undefined) return network.replace("HOST", () => host);
  const tls = TLS_WORDS.get(code);
  if (tls !== undefined) return `no secure connection to ${host}: ${tls}`;
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    return `no secure connection to ${host}: ${NO_TLS_IN_COMMON} (${code})`;
  }
  if (code.startsWith("HPE_") || (cause instanceof Error && cause.name === "HTTPParserError")) {
    return `the answer of ${host} is not valid HTTP`;
  }
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR")) {
    return `the answer of ${host} could not be decoded (${code})`;
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = said.replaceAll(url.hostname, () => readableHostname(url.hostname));
  return `the request to ${host} failed: ${message}${code === "" ? "" : ` (${code})`}`;
}

function hostAndPort(url: URL): string {
  return `${readableHostname(url.hostname)}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}

/** When several addresses were tried, the first refusal speaks for all. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (error instanceof Error && codeOf(error) === "" && error.cause instanceof Error) return innermost(error.cause);
  return error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
