import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/**
 * The certificates to trust when `egress.ca_file` adds some, or `undefined` for the platform's own choice.
 * NODE_EXTRA_CA_CERTS is named again because a list of ours replaces it.
 * @throws {Error} saying which file can't be read
 */
export function trustedRoots(
  caFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (caFile === undefined) return undefined;
  const extraFile = env["NODE_EXTRA_CA_CERTS"];
  return [...rootCertificates, readPem(caFile), ...(extraFile ? [readPem(extraFile)] : [])];
}

function readPem(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`the certificates in ${file} can't be read: check egress.ca_file`, { cause });
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error(`${file} holds no certificate in PEM form: check egress.ca_file`);
  }
  return text;
}
