import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** The authorities that every request trusts. */
export interface TrustedRoots {
  /** False: the platform's own, which need not be named. */
  readonly areChosen: boolean;
  /** All of them in PEM form, for a list that adds to them: such a list takes the place of the platform's. */
  read(): readonly string[];
}

/**
 * The platform's authorities, and those of `egress.ca_file`. NODE_EXTRA_CA_CERTS is named again because a list of ours
 * replaces it.
 * @throws {Error} saying which file can't be read
 */
export function trustedRoots(
  caFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): TrustedRoots {
  const extraFile = env["NODE_EXTRA_CA_CERTS"];
  const extra = (): readonly string[] => (extraFile ? [readPem(extraFile)] : []);
  if (caFile !== undefined) {
    const chosen = [...rootCertificates, readPem(caFile), ...extra()];
    return { areChosen: true, read: () => chosen };
  }
  const read = (): readonly string[] => {
    try {
      return [...rootCertificates, ...extra()];
    } catch {
      // Node itself warned of it at its start and goes on without.
      return rootCertificates;
    }
  };
  return { areChosen: false, read };
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
