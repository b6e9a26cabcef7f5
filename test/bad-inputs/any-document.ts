import fc from "fast-check";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "mongodb";

const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });

/** Texts as nobody sane writes them. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "",
    " ",
    "\u0000",
    "a\r\nb",
    "\ud800",
    "{{",
    "{{}}",
    "{{run.id}}",
    "\\{{",
    "$$NOW",
    "__proto__",
    "\u202e",
  ),
  fc.constantFrom("* * * * *", "*/0 * * * *", "@daily", "0 0 31 2 *", "2026-02-30T09:00", "9".repeat(400), "UTC"),
  fc.constantFrom("http://a/", "http://[", "//a", "file:///x", "http://{{A}}:{{B}}@c/", "all", "leader", "true", "5"),
);

/** Every type of BSON. */
const anyLeaf: fc.Arbitrary<unknown> = fc.oneof(
  anyText,
  fc.constantFrom(null, undefined, true, false, 0, 1, -0, 5, 59, 60, 2 ** 53, 1e308, 5e-324),
  fc.integer(),
  fc.double(),
  fc.double().map((it) => new Double(it)),
  fc.integer().map((it) => new Int32(it)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((it) => Long.fromBigInt(it)),
  // More than 34 digits have no meaning that two programs agree on: MongoDB itself does not find such an _id again.
  bytes(16, 16)
    .map((it) => new Decimal128(it))
    .filter((it) => it.toString().replace(/E.*$/, "").replace(/\D/g, "").replace(/^0+/, "").length <= 34),
  fc.date({ noInvalidDate: false }),
  bytes(12, 12).map((it) => new ObjectId(it)),
  fc.tuple(bytes(0, 40), fc.constantFrom(0, 1, 2, 5, 6, 128, 255)).map(([it, type]) => new Binary(it, type)),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
  fc.constantFrom(new MinKey(), new MaxKey()),
  fc.string().map((it) => new Code(it, { a: 1 })),
  fc.string().map((it) => new BSONSymbol(it)),
  fc.tuple(withoutNul(fc.string()), fc.constantFrom("", "i", "imsx")).map(([it, flags]) => new BSONRegExp(it, flags)),
  fc.string().map((it) => new DBRef(it, new ObjectId())),
);

function withoutNul(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return texts.map((it) => it.replaceAll("\u0000", ""));
}

/**
 * Documents of any shape whose fields often have names that somebody reads.
 * @param names these names, at any depth
 */
export function anyDocument(names: readonly string[]): fc.Arbitrary<Document> {
  const key = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("__proto__", "constructor", "prototype", "$gt", "a.b", "", "~1/~0", "x".repeat(5_000)),
    },
    { weight: 1, arbitrary: withoutNul(fc.string()) },
  );
  const { document } = fc.letrec<{ value: unknown; document: Document }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      anyLeaf,
      fc.array(tie("value"), { maxLength: 4 }),
      tie("document"),
    ),
    document: fc.array(fc.tuple(key, tie("value")), { maxLength: 10 }).map(ownFields),
  }));
  return document;
}

/** An object literal, or assigning, would set a prototype where the key is `__proto__`. */
function ownFields(entries: readonly (readonly [string, unknown])[]): Document {
  const object: Document = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

export const JOB_NAMES: readonly string[] = [
  ..."name enabled description owner labels run_on where overlap jitter_sec catch_up catch_up_window_sec".split(" "),
  ..."catch_up_max on_agent_loss run_timeout_sec actions hour minute schedule schedules tz not_before".split(" "),
  ..."not_after method url headers params body redirects timeout_sec retry when continue_on_failure type".split(" "),
  ..."retries delay_sec backoff hour_in minute_in hostnames machine_ids serials vars depends_on expect until".split(
    " ",
  ),
  ..."max_delay_sec jitter on total_sec form multipart body_base64 base64 filename content_type auth capture".split(
    " ",
  ),
  ..."sensitive tls ca cert key insecure on_failure finally tests status json body_matches schema max_ms".split(" "),
  ..."max_bytes min_bytes every_sec path header text default value if equals not_equals in not_in gt gte lt".split(" "),
  ..."lte exists as concurrency seconds job token username password consumer_key realm token_url".split(" "),
];

/** A chain whose actions are of a known type, with anything around and inside of them. */
const almostAction: fc.Arbitrary<Document> = fc.letrec<{ action: Document }>((tie) => ({
  action: fc
    .tuple(
      anyDocument(JOB_NAMES),
      fc.constantFrom("http", "for_each", "sleep", "job"),
      fc.option(fc.array(tie("action"), { maxLength: 2 }), { nil: undefined, depthIdentifier: "chain" }),
    )
    .map(([document, type, actions]) => ({ ...document, type, ...(actions === undefined ? {} : { actions }) })),
})).action;

export const COMMAND_NAMES: readonly string[] =
  "type target args expires_at created_at job run vars until times level for_sec labels".split(" ");

/** A job that is valid but for a few of its fields. */
export const almostJob: fc.Arbitrary<Document> = fc
  .tuple(anyDocument(JOB_NAMES), fc.option(fc.array(almostAction, { maxLength: 3 }), { nil: undefined }))
  .map(([document, actions]) => ({
    name: "almost",
    enabled: true,
    url: "http://target.test/almost",
    ...document,
    ...(actions === undefined ? {} : { actions }),
  }));

/** What is not to be part of a fleet that goes on: commands that are meant to stop or hold it. */
const HARMLESS_TYPES = ["ping", "run_job", "reload_jobs", "cancel_run", "resume_job", "backfill", "pong", "__proto__"];

/** A command of a known type with anything around it; none of them stops anybody. */
export const almostCommand: fc.Arbitrary<Document> = fc
  .tuple(
    anyDocument(COMMAND_NAMES),
    fc.constantFrom(...HARMLESS_TYPES),
    fc.option(fc.constantFrom("all", "leader", "a", 1, 2), { nil: undefined }),
  )
  .map(([document, type, target]) => ({ ...document, type, ...(target === undefined ? {} : { target }) }));

/** What MongoDB takes as an `_id`. */
export const anyId: fc.Arbitrary<unknown> = anyLeaf.filter(
  (it) => it !== undefined && !(it instanceof BSONRegExp) && !(it instanceof DBRef),
);

const withId = (documents: fc.Arbitrary<Document>): fc.Arbitrary<Document> =>
  fc.tuple(anyId, documents).map(([_id, document]) => ({ ...document, _id }));

export const anyJobDocument = withId(fc.oneof(anyDocument(JOB_NAMES), almostJob));
export const anyCommandDocument = withId(fc.oneof(anyDocument(COMMAND_NAMES), almostCommand));
