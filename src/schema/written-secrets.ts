import { isPlainObject, ownValue } from "./plain-object.ts";

/** Whether a config file holds a password or another secret itself, rather than say where it lies. */
export function holdsSecrets(file: unknown): boolean {
  if (!isPlainObject(file)) return false;
  const secrets = ownValue(file, "secrets");
  const isWritten = isPlainObject(secrets) && Object.values(secrets).some((it) => !isPlainObject(it));
  const egress = ownValue(file, "egress");
  const addresses = [ownValue(file, "mongodb_uri"), isPlainObject(egress) ? ownValue(egress, "proxy") : undefined];
  return isWritten || addresses.some(hasPassword);
}

function hasPassword(address: unknown): boolean {
  return typeof address === "string" && /^[a-z][a-z+]*:\/\/[^/?#]*:[^/?#]*@/i.test(address);
}
