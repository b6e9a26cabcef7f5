import { defineConfig } from "vitest/config";

/** The soak: see main.mjs. */
export default defineConfig({
  test: {
    include: ["test/faults/soak/soak.test.ts"],
    reporters: ["default"],
    disableConsoleIntercept: true,
    hookTimeout: 120_000,
  },
});
