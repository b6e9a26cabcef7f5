// npm run soak -- [--minutes 30] [--seed N]
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const chosen = {
  ...(values.minutes === undefined ? {} : { SOAK_MINUTES: values.minutes }),
  ...(values.seed === undefined ? {} : { SOAK_SEED: values.seed }),
};
const vitest = path("../../../node_modules/vitest/vitest.mjs");
const child = spawn(
  process.execPath,
  [vitest, "run", "--config", path("vitest.soak.config.ts"), "--root", path("../../..")],
  {
    stdio: "inherit",
    env: { ...process.env, ...chosen },
  },
);
child.on("exit", (code) => process.exit(code ?? 1));
