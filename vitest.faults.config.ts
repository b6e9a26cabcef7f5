import { defineConfig } from "vitest/config";

/** Faults on real parts: one file after the other, so that the figures of one are not the load of another. */
export default defineConfig({
  test: {
    include: ["test/faults/{short,long}/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    reporters: ["verbose", "./test/faults/support/figures-reporter.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
