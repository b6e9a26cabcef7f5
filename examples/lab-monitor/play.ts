import type { Example } from "../stage/example.ts";
import { playElsewhere } from "./elsewhere.ts";
import { playHere } from "./here.ts";
import { HOUR_SEC_MAX, readOptions } from "./options.ts";

export const example: Example = {
  name: "lab-monitor",
  about:
    "a job for each machine of a lab: lists them from MAAS, tests them over Testflinger, side by side and isolated",
  options: {
    kill: { type: "boolean" },
    hour: { type: "string" },
    maas: { type: "string" },
    "maas-key": { type: "string" },
    testflinger: { type: "string" },
    rack: { type: "string" },
  },
  async play(stage, flags) {
    const options = readOptions(flags);
    stage.say(`An hour of the jobs lasts ${options.hourSec} s here; --hour ${HOUR_SEC_MAX} makes it a real one.`);
    return options.where === "here" ? playHere(stage, options) : playElsewhere(stage, options);
  },
};
