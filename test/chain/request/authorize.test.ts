import { describe, expect, test } from "vitest";
import type { Auth } from "../../../src/model/auth.ts";
import { authorized, problemOf, request, signed } from "./auth-fixture.ts";

const bearer = (token: string): Auth => ({ type: "bearer", token });
const basic = (username: string, password: string): Auth => ({ type: "basic", username, password });

describe("bearer", () => {
  test("carries the token of a secret or of a value", async () => {
    const auth = bearer("{{vars.login.token}}");
    expect((await signed(auth, { vars: { login: { token: "t0ken" } } })).headers).toEqual({
      authorization: "Bearer t0ken",
    });
    expect((await signed(bearer("{{TOKEN}}"), { secrets: { TOKEN: "s3cret" } })).headers["authorization"]).toBe(
      "Bearer s3cret",
    );
  });

  test.each([
    ["{{GONE}}", "{{GONE}} is not among the secrets"],
    ["{{vars.gone}}", "{{vars.gone}} has no value"],
    ["", "the token of auth is empty"],
    ["a\r\nX-Evil: 1", "the token of auth holds a line break"],
    ["가", "the token of auth holds a character outside Latin-1"],
  ])("%j is a problem before anything is sent", async (token, words) => {
    expect(await problemOf(bearer(token))).toContain(words);
  });
});

describe("basic", () => {
  test("carries user and password in UTF-8", async () => {
    const made = await signed(basic("{{vars.user}}", "{{PASSWORD}}"), {
      vars: { user: "가나" },
      secrets: { PASSWORD: "a:b é" },
    });
    expect(made.headers["authorization"]).toBe(`Basic ${Buffer.from("가나:a:b é", "utf8").toString("base64")}`);
  });

  test("knows no user name with a colon, which would end it there", async () => {
    expect(await problemOf(basic("a:b", "c"))).toContain("holds a colon");
  });

  test("may have an empty password", async () => {
    expect((await signed(basic("key", ""))).headers["authorization"]).toBe("Basic a2V5Og==");
  });
});

describe("auth", () => {
  test("never replaces an Authorization header of the action, in whatever case", async () => {
    const own = { request: request({ headers: { AUTHORIZATION: "mine" } }) };
    expect(await problemOf(bearer("t"), own)).toBe(
      "the action sets the header Authorization itself: leave either that or auth out",
    );
  });

  test("leaves everything else of the request as it is", async () => {
    const plain = request({ method: "POST", headers: { "X-A": "1" }, body: "b" });
    const made = await signed(bearer("t"), { request: plain });
    expect({ ...made, headers: {} }).toEqual({ ...plain, headers: {} });
    expect(made.headers).toEqual({ "X-A": "1", authorization: "Bearer t" });
    expect(plain.headers).toEqual({ "X-A": "1" });
  });

  test("tells what to redact of what templates gave, and nothing that the job says in clear", async () => {
    const secretsOf = async (auth: Auth) => {
      const made = await authorized(auth, { secrets: { PASSWORD: "hunter22" }, vars: { token: "captured" } });
      return made.ok ? made.secrets : [];
    };
    expect(await secretsOf(basic("admin", "{{PASSWORD}}"))).toEqual(["hunter22"]);
    expect(await secretsOf(bearer("{{vars.token}}"))).toEqual(["captured"]);
    expect(await secretsOf(basic("admin", "admin"))).toEqual([]);
  });

  test("that can't be made is never repeated", async () => {
    expect(await authorized(bearer("{{GONE}}"))).toMatchObject({ ok: false, failureClass: undefined });
  });
});
