import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** A host name or an IPv4 address. */
  readonly host: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Who vouches for it; itself when left out. */
  readonly issuer?: Certificate & { readonly keyObject: KeyObject; readonly host: string };
}

const HOUR_MS = 3_600_000;

/** A certificate (X.509 v3, ECDSA) for tests alone, valid from an hour ago for an hour unless said otherwise. */
export function makeCertificate(options: CertificateOptions): Certificate & { keyObject: KeyObject; host: string } {
  const { host, issuer } = options;
  const notBefore = options.notBefore ?? new Date(Date.now() - HOUR_MS);
  const notAfter = options.notAfter ?? new Date(Date.now() + HOUR_MS);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const content = sequence(
    tagged(0xa0, VERSION_3),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    commonName(issuer?.host ?? host),
    sequence(time(notBefore), time(notAfter)),
    commonName(host),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(alternativeName(host), ...(issuer === undefined ? [IS_AUTHORITY] : []))),
  );
  const signature = sign("sha256", content, issuer?.keyObject ?? privateKey);
  const certificate = sequence(content, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
    keyObject: privateKey,
    host,
  };
}

/** DER: tag, length, content. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** GeneralizedTime. */
function time(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
}

function commonName(name: string): Buffer {
  const id = Buffer.from("0603550403", "hex");
  return sequence(tagged(0x31, sequence(id, tagged(0x0c, Buffer.from(name)))));
}

function alternativeName(host: string): Buffer {
  const name = isIPv4(host) ? tagged(0x87, Buffer.from(host.split(".").map(Number))) : tagged(0x82, Buffer.from(host));
  return sequence(Buffer.from("0603551d11", "hex"), tagged(0x04, sequence(name)));
}

const VERSION_3 = Buffer.from("020102", "hex");
const ECDSA_WITH_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** basicConstraints, critical, CA: true. */
const IS_AUTHORITY = Buffer.from("300f0603551d130101ff040530030101ff", "hex");
