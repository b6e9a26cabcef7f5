import type { TlsOptions } from "../model/auth.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { withNames } from "./findings.ts";
import { NAMES_BEFORE_THE_CHAIN } from "./names-in-reach.ts";
import { readFlag } from "./read-values.ts";
import { checkTemplates, holdsTemplates, isOneTemplate } from "./template-check.ts";

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;
const REMEDY = 'put it into "secrets" of the config, for example { "file": "/path/key.pem" }, and write {{KEY}}';

/** `tls` of a job; `undefined` when it asks for nothing. */
export function readTls(field: Field): TlsOptions | undefined {
  if (isAbsent(field)) return undefined;
  const fields = openObject({ ...field, notes: withNames(field.notes, NAMES_BEFORE_THE_CHAIN) }, [
    "ca",
    "cert",
    "key",
    "insecure",
  ]);
  if (fields === undefined) return undefined;
  const [cert, key] = [fields("cert"), fields("key")];
  const tls: TlsOptions = {
    ca: readCertificate(fields("ca")),
    cert: readCertificate(cert),
    key: readKey(key),
    insecure: readFlag(fields("insecure")) ?? false,
  };
  if (isAbsent(cert) !== isAbsent(key)) {
    const [alone, lacking] = isAbsent(key) ? [cert, "key"] : [key, "cert"];
    field.notes.error(alone.path, `stands without ${lacking}; a client certificate needs both`);
  }
  if (tls.insecure) {
    const meaning = "whoever sits between can read and change what is sent, secrets too";
    field.notes.warn(
      fields("insecure").path,
      `accepts any certificate: ${meaning}; for a private CA use tls.ca instead`,
    );
  }
  return tls.ca === undefined && tls.cert === undefined && tls.key === undefined && !tls.insecure ? undefined : tls;
}

/** PEM is public here, but a file often holds the key behind its certificate. */
function readCertificate(field: Field): string | undefined {
  const text = readPem(field);
  if (text === undefined || holdsTemplates(text) || CERTIFICATE.test(text)) return text;
  field.notes.error(
    field.path,
    'must be PEM ("-----BEGIN CERTIFICATE-----…"), or a template of a secret that holds it',
  );
  return undefined;
}

function readKey(field: Field): string | undefined {
  const text = readPem(field);
  if (text === undefined || (isOneTemplate(text) && !text.includes("."))) return text;
  field.notes.error(field.path, `must be a template of a secret; ${REMEDY}`);
  return undefined;
}

function readPem(field: Field): string | undefined {
  if (isAbsent(field)) return undefined;
  const { value, path, notes } = field;
  if (typeof value !== "string" || value.trim() === "") {
    notes.error(path, "must be a text");
    return undefined;
  }
  if (PRIVATE_KEY.test(value)) {
    notes.error(path, `holds a private key, for everybody who reads jobs; ${REMEDY}`);
    return undefined;
  }
  return checkTemplates(value, path, notes) ? value : undefined;
}
