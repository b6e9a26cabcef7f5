import type { AgentConfig } from "../model/config.ts";
import { describeConfig } from "./describe-config.ts";
import type { Origin, Override } from "./config-source.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerKeys, pointerTo } from "./pointer.ts";

/** Where each setting comes from, by its pointer; an object without fields is one setting. */
export function originsOf(
  config: AgentConfig,
  file: unknown,
  overrides: ReadonlyMap<string, Override>,
): ReadonlyMap<string, Origin> {
  const pointers = leavesOf(describeConfig(config), "");
  return new Map(pointers.map((pointer) => [pointer, originOf(pointer, file, overrides)]));
}

function leavesOf(value: unknown, pointer: string): readonly string[] {
  if (!isPlainObject(value) || Object.keys(value).length === 0) return [pointer];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, pointerTo(pointer, key)));
}

function originOf(pointer: string, file: unknown, overrides: ReadonlyMap<string, Override>): Origin {
  for (const [overriddenPointer, { origin }] of overrides) {
    if (pointer === overriddenPointer || pointer.startsWith(`${overriddenPointer}/`)) return origin;
  }
  return isInFile(pointer, file) ? "file" : "default";
}

function isInFile(pointer: string, file: unknown): boolean {
  let place = file;
  for (const key of pointerKeys(pointer)) {
    place = isPlainObject(place) ? ownValue(place, key) : undefined;
  }
  return place !== undefined && place !== null;
}
