import { withoutTemplates } from "../expression/template.ts";
import { readFilledText } from "./read-values.ts";
import type { Field } from "./field.ts";
import { checkTemplates } from "./template-check.ts";

const CONTROL_CHARACTER = /\p{Cc}/u;
/** A template can stand for a name, a number or an IPv6 address; one of these fits wherever it stands. */
const STAND_INS = ["1", "x", "::1"];

/** The URL of a request, with templates; `undefined` when absent or wrong (and then there is a problem). */
export function readRequestUrl(field: Field): string | undefined {
  const url = readFilledText(field);
  if (url === undefined) return undefined;
  const problem = urlProblem(url);
  if (problem === undefined) return checkTemplates(url, field.path, field.notes) ? url : undefined;
  field.notes.error(field.path, problem);
  return undefined;
}

/** What is wrong with a URL, in words that do not repeat it: it may hold a password. */
function urlProblem(url: string): string | undefined {
  if (CONTROL_CHARACTER.test(url)) return "holds a line break or another control character; remove it";
  // What such a URL is, only the machine that knows the secret can say.
  if (/^\s*\{\{/.test(url)) return undefined;
  if (!/^\s*https?:\/\//i.test(url))
    return "must begin with http:// or https:// (or with a template such as {{BASE_URL}})";
  const parsed = STAND_INS.map((standIn) => tryParse(withoutTemplates(url, standIn))).find((one) => one !== undefined);
  if (parsed === undefined) return "is not a URL; write it as https://host/path";
  if (parsed.username !== "" || parsed.password !== "") {
    return 'holds a user name or password; use "auth" with a secret {{KEY}}';
  }
  return undefined;
}

function tryParse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
