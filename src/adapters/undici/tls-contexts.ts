import { X509Certificate, createHash, createPrivateKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import type { TlsOptions } from "../../model/auth.ts";
import type { TrustedRoots } from "./trusted-roots.ts";

/** What a job says about TLS can't be used: nothing was sent. */
export class UnusableTlsError extends Error {
  override readonly name = "UnusableTlsError";
}

/** Who is trusted, and with which certificate this machine answers for itself. */
export interface TlsContexts {
  /**
   * `undefined`: the platform's own choice.
   * @throws {UnusableTlsError} in words for people, without anything of the key
   */
  contextFor(tls: TlsOptions | undefined): SecureContext | undefined;
}

/** To read over a hundred roots takes tens of milliseconds, and a megabyte, so the contexts of the last jobs are kept. */
const KEPT_MAX = 32;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

export function createTlsContexts(roots: TrustedRoots): TlsContexts {
  const kept = new Map<string, SecureContext>();

  function contextFor(tls: TlsOptions | undefined): SecureContext | undefined {
    const { ca, cert, key } = tls ?? {};
    const saysNothing = ca === undefined && cert === undefined && key === undefined;
    if (saysNothing && !roots.areChosen) return undefined;
    const texts = JSON.stringify([ca ?? null, cert ?? null, key ?? null]);
    const name = createHash("sha256").update(texts).digest("base64");
    const context = kept.get(name) ?? makeContext(roots, ca, cert, key);
    kept.delete(name);
    kept.set(name, context);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return context;
  }

  return { contextFor };
}

function makeContext(
  roots: TrustedRoots,
  ca: string | undefined,
  cert: string | undefined,
  key: string | undefined,
): SecureContext {
  const own = ca === undefined ? [] : certificatesIn("tls.ca", ca);
  if (cert !== undefined || key !== undefined) checkPair(cert, key);
  const hasOwnTrust = own.length > 0 || roots.areChosen;
  try {
    return createSecureContext({
      ...(hasOwnTrust ? { ca: [...roots.read(), ...own] } : {}),
      // An authority between the root and the server is trusted as well when the job names it.
      ...(own.length > 0 ? { allowPartialTrustChain: true } : {}),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
  } catch (cause) {
    throw new UnusableTlsError(`the certificates in "tls" can't be used (${codeOf(cause)})`, { cause });
  }
}

/** The single certificates of a PEM text, each of them read once to know that it is one. */
function certificatesIn(field: string, pem: string): readonly string[] {
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new UnusableTlsError(`${field} holds no certificate in PEM form`);
  for (const certificate of certificates) {
    try {
      void new X509Certificate(certificate);
    } catch (cause) {
      throw new UnusableTlsError(`${field} holds a certificate that can't be read (${codeOf(cause)})`, { cause });
    }
  }
  return certificates;
}

function checkPair(cert: string | undefined, key: string | undefined): void {
  if (cert === undefined) throw new UnusableTlsError("tls.key is there without tls.cert: give both or neither");
  if (key === undefined) throw new UnusableTlsError("tls.cert is there without tls.key: give both or neither");
  const [first = ""] = certificatesIn("tls.cert", cert);
  if (key.includes("ENCRYPTED")) {
    throw new UnusableTlsError("tls.key is encrypted: give it without a passphrase, as a secret");
  }
  if (!new X509Certificate(first).checkPrivateKey(privateKey(key))) {
    throw new UnusableTlsError("tls.key does not belong to the first certificate in tls.cert");
  }
}

function privateKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new UnusableTlsError(`tls.key holds no private key in PEM form (${codeOf(cause)})`, { cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
