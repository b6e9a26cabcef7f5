import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Files of a certificate authority made for one test. */
export interface Authority {
  readonly caFile: string;
  /** @param names as openssl writes them: "IP:127.0.0.1" */
  issue(commonName: string, names: string, validity?: "valid" | "expired"): Promise<Certificate>;
}

interface Certificate {
  /** Key and certificate in one file, as mongod wants them. */
  readonly pemFile: string;
  readonly pem: string;
}

/** Why certificates can't be made on this machine; `undefined` when they can. */
export async function whyNoCertificates(): Promise<string | undefined> {
  return run("openssl", ["version"]).then(
    () => undefined,
    () => "openssl is not installed",
  );
}

export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const [caKey, caFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", `/CN=${name}`];
  await run("openssl", [...made, "-keyout", caKey, "-out", caFile]);
  return {
    caFile,
    async issue(commonName, names, validity = "valid") {
      const file = (ending: string) => join(folder, `${commonName}-${validity}.${ending}`);
      const asked = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${commonName}`];
      await run("openssl", [...asked, "-keyout", file("key"), "-out", file("csr")]);
      await writeFile(file("ext"), `subjectAltName=${names}\n`);
      const by = ["-CA", caFile, "-CAkey", caKey, "-CAcreateserial", "-extfile", file("ext")];
      const sign = (dates: readonly string[]) =>
        run("openssl", ["x509", "-req", "-in", file("csr"), "-out", file("crt"), ...by, ...dates]);
      if (validity === "valid") await sign(["-days", "30"]);
      // Later versions of openssl refuse the first, earlier ones do not know the second.
      else
        await sign(["-days", "-1"]).catch(() =>
          sign(["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]),
        );
      const pem = (await readFile(file("key"), "utf8")) + (await readFile(file("crt"), "utf8"));
      await writeFile(file("pem"), pem, { mode: 0o600 });
      return { pemFile: file("pem"), pem };
    },
  };
}
