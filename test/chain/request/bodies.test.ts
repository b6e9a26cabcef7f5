import { describe, expect, test } from "vitest";
import { buildRequest } from "../../../src/chain/request/build-request.ts";
import type { HttpAction, MultipartPart } from "../../../src/model/action.ts";
import { ExactDecimal } from "../../../src/model/json.ts";
import type { HttpRequest } from "../../../src/ports/http-client.ts";
import { httpAction } from "../job-fixtures.ts";
import { scopeOf } from "../../support/scope-of.ts";

const scope = scopeOf(
  { KEY: "k&y=1", PIXEL: "iVBORw0KGgo=" },
  {
    vars: {
      ids: [1, null, "b"],
      order: { n: 9007199254740993n },
      lines: "a\r\n--b",
      name: 'a"b가.txt',
      half: "\ud800x",
    },
  },
);

function built(overrides: Partial<HttpAction>) {
  return buildRequest(httpAction({ method: "POST", ...overrides }), scope, { timeoutMs: 1_000, maxBodyBytes: 1_000 });
}
function build(overrides: Partial<HttpAction>): HttpRequest {
  const request = built(overrides);
  if (!request.ok) throw new Error(request.error);
  return request.value;
}
function errorOf(overrides: Partial<HttpAction>): string {
  const request = built(overrides);
  return request.ok ? "no error" : request.error;
}
function part(overrides: Partial<MultipartPart>): MultipartPart {
  return { name: "p", value: undefined, base64: undefined, filename: undefined, contentType: undefined, ...overrides };
}
/** Read by the platform's own parser, which is not ours. */
async function readForm({ body, headers }: HttpRequest): Promise<FormData> {
  return new Response(body ?? "", { headers: { "content-type": String(headers["content-type"]) } }).formData();
}

describe("a form", () => {
  test("is written by the rules of params", () => {
    const form = { key: "{{KEY}}", ids: "{{vars.ids}}", none: null, order: "{{vars.order}}", space: "a b" };
    expect(build({ form })).toMatchObject({
      body: "key=k%26y%3D1&ids=1&ids=b&order=%7B%22n%22%3A9007199254740993%7D&space=a+b",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  });

  test("that is empty is an empty body with its content type", () => {
    expect(build({ form: {} })).toMatchObject({
      body: "",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  });
});

describe("base64", () => {
  test("is sent as its bytes", () => {
    const request = build({ bodyBase64: "{{PIXEL}}" });
    expect(request.body).toEqual(Buffer.from("89504e470d0a1a0a", "hex"));
    expect(request.headers).toEqual({ "content-type": "application/octet-stream" });
  });

  test.each(["iVBORw0KGgo", "iVBO Rw0=", "a-_b", "====", "AB==", "iVBORw0KGgo=\n"])(
    "written as %j is refused, because something else would be sent than was meant",
    (bodyBase64) => expect(errorOf({ bodyBase64 })).toBe("body_base64 is not base64"),
  );

  test("may be many megabytes", () => {
    const bytes = Buffer.alloc(12_000_000, 7);
    expect(bytes.equals(Buffer.from(build({ bodyBase64: bytes.toString("base64") }).body ?? ""))).toBe(true);
  });

  test("that is nothing is an empty body", () => expect(build({ bodyBase64: "" }).body).toEqual(Buffer.alloc(0)));
});

describe("multipart", () => {
  test("carries texts, numbers, JSON and files, as another parser reads it", async () => {
    const request = build({
      multipart: [
        part({ name: "text", value: "{{KEY}} 가" }),
        part({ name: "number", value: new ExactDecimal("0.10") }),
        part({ name: "json", value: "{{vars.order}}" }),
        part({ name: "file", base64: "{{PIXEL}}", filename: "{{vars.name}}" }),
        part({ name: "page", value: "<p>", filename: "p.html", contentType: "text/html; charset=utf-8" }),
        part({ name: "nothing", value: null }),
      ],
    });
    const form = await readForm(request);
    expect([...form.keys()]).toEqual(["text", "number", "json", "file", "page"]);
    expect(form.get("text")).toBe("k&y=1 가");
    expect(form.get("number")).toBe("0.10");
    expect(form.get("json")).toBe('{"n":9007199254740993}');
    const [file, page] = [form.get("file"), form.get("page")] as File[];
    expect([file?.name, file?.type]).toEqual(['a"b가.txt', "application/octet-stream"]);
    expect(Buffer.from((await file?.arrayBuffer()) ?? new ArrayBuffer(0)).toString("hex")).toBe("89504e470d0a1a0a");
    expect([page?.name, page?.type, await page?.text()]).toEqual(["p.html", "text/html; charset=utf-8", "<p>"]);
  });

  test("says that a part is JSON", () => {
    const body = Buffer.from(build({ multipart: [part({ value: { a: 1 } })] }).body ?? "").toString();
    expect(body).toContain('name="p"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n');
  });

  test("without parts is a body that ends at once", async () => {
    const request = build({ multipart: [] });
    expect(String(request.body)).toMatch(/^--fleetcron-[0-9a-f]{40}--\r\n$/);
  });

  test("is the same at every attempt, and divided by something else when anything in it differs", () => {
    const typeOf = (value: string) => build({ multipart: [part({ value })] }).headers["content-type"];
    expect(typeOf("a")).toBe(typeOf("a"));
    expect(typeOf("a")).not.toBe(typeOf("b"));
  });

  test("keeps a content that looks like its framing", async () => {
    const [, known = ""] =
      /boundary=(.*)/.exec(build({ multipart: [part({ value: "x" })] }).headers["content-type"] ?? "") ?? [];
    const value = `\r\n--${known}\r\nContent-Disposition: form-data; name="evil"\r\n\r\nv\r\n--${known}--\r\n`;
    const form = await readForm(build({ multipart: [part({ value })] }));
    expect([...form]).toEqual([["p", value]]);
  });

  test.each([
    [part({ name: "{{vars.lines}}", value: "v" }), "its name holds a line break"],
    [part({ filename: "{{vars.lines}}", value: "v" }), "its filename holds a line break"],
    [part({ contentType: "{{vars.lines}}", value: "v" }), "is not a content type"],
    [part({ contentType: "text", value: "v" }), '"text" is not a content type'],
    [part({ base64: "?" }), "base64 holds something that is not base64"],
    [part({ value: "{{vars.gone}}" }), "{{vars.gone}} has no value"],
  ])("refuses a part that would break it: %j", (wrong, words) => {
    const error = errorOf({ multipart: [part({ value: "fine" }), wrong] });
    expect(error).toMatch(/^part 2 of multipart: /);
    expect(error).toContain(words);
  });

  test("writes half a character as a replacement, so that the whole stays UTF-8", async () => {
    const form = await readForm(build({ multipart: [part({ name: "{{vars.half}}", value: "{{vars.half}}" })] }));
    expect([...form]).toEqual([["\ufffdx", "\ufffdx"]]);
  });

  test("puts its boundary into a multipart type of the job's own, and refuses any other type", () => {
    const multipart = [part({ value: "v" })];
    expect(build({ multipart, headers: { "Content-Type": "multipart/mixed" } }).headers["Content-Type"]).toMatch(
      /^multipart\/mixed; boundary=fleetcron-[0-9a-f]{40}$/,
    );
    expect(errorOf({ multipart, headers: { "Content-Type": "text/plain" } })).toContain(
      "leave the header Content-Type out",
    );
    expect(errorOf({ multipart, headers: { "Content-Type": "multipart/mixed; boundary=x" } })).toContain(
      "without boundary",
    );
  });
});

test.each([{ form: { a: 1 } }, { bodyBase64: "AAAA" }, { multipart: [part({ value: "v" })] }] as Partial<HttpAction>[])(
  "a GET sends no body, of whatever kind: %j",
  (overrides) => expect(build({ ...overrides, method: "GET" })).toMatchObject({ body: undefined, headers: {} }),
);

test.each([{ form: { a: 1 } }, { bodyBase64: "AAAA" }] as Partial<HttpAction>[])(
  "a content type of the job's own stays: %j",
  (overrides) => {
    const headers = { "content-TYPE": "x/y" };
    expect(build({ ...overrides, headers }).headers).toEqual(headers);
  },
);
