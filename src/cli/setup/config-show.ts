import { EXIT, type ExitCode } from "../../model/errors.ts";
import { describeConfig } from "../../schema/describe-config.ts";
import { pointerTo } from "../../schema/pointer.ts";
import type { LoadedConfig } from "../deps.ts";
import type { Invocation } from "../invocation.ts";
import { exactJson, type Printable } from "../print/exact-json.ts";
import { visible } from "../print/visible.ts";
import { problemLine } from "../problems.ts";

interface Setting {
  readonly pointer: string;
  readonly value: Printable;
  readonly origin: string;
}

/** `config show`: what holds on this machine. Secrets and the connection string are never shown, only that they are set. */
export async function configShow(call: Invocation, options: { readonly origin?: true }): Promise<ExitCode> {
  const loaded = await call.deps.loadConfig(call.flags);
  const described = describeConfig(loaded.config);
  const { print } = call;
  if (loaded.warnings.length > 0) print.words(loaded.warnings.map(problemLine).join("\n"));
  if (print.format === "json" && options.origin !== true) {
    print.thing(described as Readonly<Record<string, Printable>>, () => "");
    return EXIT.ok;
  }
  const settings = settingsIn(described, "", loaded);
  const shown = { setting: (it: Setting) => it.pointer, value: (it: Setting) => it.value };
  const columns = [
    { title: "SETTING", cell: (it: Setting) => visible(it.pointer) },
    { title: "VALUE", cell: (it: Setting) => visible(valueText(it.value)) },
  ];
  const origin = { title: "FROM", cell: (it: Setting) => it.origin };
  print.list(settings, {
    fields: options.origin === true ? { ...shown, origin: (it) => it.origin } : shown,
    columns: options.origin === true ? [...columns, origin] : columns,
    empty: "",
  });
  print.words(loaded.path === undefined ? "There is no config file." : `The config file is ${loaded.path}`);
  return EXIT.ok;
}

function settingsIn(value: Printable, pointer: string, loaded: LoadedConfig): readonly Setting[] {
  const isObject = typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== Array.prototype;
  if (isObject && Object.keys(value).length > 0) {
    return Object.entries(value as Readonly<Record<string, Printable>>).flatMap(([key, inner]) =>
      settingsIn(inner, pointerTo(pointer, key), loaded),
    );
  }
  return [{ pointer, value, origin: originOf(pointer, loaded) }];
}

/** A setting comes from where it, or what it lies in, was said. */
function originOf(pointer: string, { origins }: LoadedConfig): string {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const origin = origins.get(at);
    if (origin !== undefined) return origin;
  }
  return "default";
}

function valueText(value: Printable): string {
  return typeof value === "string" ? value : exactJson(value, undefined);
}
