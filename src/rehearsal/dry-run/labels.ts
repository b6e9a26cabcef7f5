import type { JsonValue } from "../../model/json.ts";
import { jsonText } from "../../model/json-text.ts";

/** Why a value is not shown itself. */
type LabelKind = "secret" | "missing_secret" | "unknown";

/**
 * Stands in for what must not or can't be shown while a request is put together: a short word of letters and digits
 * that comes through every encoding unharmed, and becomes its label at the end.
 */
export interface Labels {
  /** The word for a secret, shown as `[secret KEY]`. */
  secret(name: string, isThere: boolean): string;
  /** The word for a value that only an answer can give, shown as `<steps.login.json.id>`. */
  unknown(name: string): string;
  /** The text with its labels in it. */
  show(text: string): string;
  /** The same for JSON: a value of which not even the type is known stands without quotes. */
  showJson(text: string): string;
  /** Names of this kind that a text or a value stands for. */
  within(value: JsonValue | undefined, kind: LabelKind): readonly string[];
  /** Whether a value is nothing but what only an answer can give. */
  isUnknown(value: JsonValue): value is string;
}

const WORD = /zqfc(\d+)qz/g;

interface Label {
  readonly kind: LabelKind;
  readonly name: string;
}

export function createLabels(): Labels {
  const labels: Label[] = [];
  const words = new Map<string, string>();

  function wordFor(kind: LabelKind, name: string): string {
    const key = `${kind} ${name}`;
    const known = words.get(key);
    if (known !== undefined) return known;
    const word = `zqfc${labels.length}qz`;
    labels.push({ kind, name });
    words.set(key, word);
    return word;
  }

  function namesIn(text: string, kind: LabelKind): readonly string[] {
    const found = [...text.matchAll(WORD)].flatMap(([, index]) => labels[Number(index)] ?? []);
    return [...new Set(found.filter((it) => it.kind === kind).map(({ name }) => name))];
  }

  function show(text: string): string {
    return text.replace(WORD, (word, index: string) => {
      const label = labels[Number(index)];
      if (label === undefined) return word;
      return label.kind === "unknown" ? `<${label.name}>` : `[secret ${label.name}]`;
    });
  }

  return {
    secret: (name, isThere) => wordFor(isThere ? "secret" : "missing_secret", name),
    unknown: (name) => wordFor("unknown", name),
    show,
    showJson: (text) =>
      show(
        text.replace(/"zqfc(\d+)qz"/g, (quoted, index: string) => {
          return labels[Number(index)]?.kind === "unknown" ? quoted.slice(1, -1) : quoted;
        }),
      ),
    within: (value, kind) =>
      value === undefined ? [] : namesIn(typeof value === "string" ? value : jsonText(value), kind),
    isUnknown: (value): value is string =>
      typeof value === "string" && /^zqfc\d+qz$/.test(value) && namesIn(value, "unknown").length === 1,
  };
}
