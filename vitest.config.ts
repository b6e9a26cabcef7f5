import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They have a configuration of their own: see vitest.faults.config.ts.
    exclude: ["test/faults/**"],
    globalSetup: ["test/support/global-setup.ts"],
    // Tests on real agents wait for real minutes: more of them at once than there are cores.
    maxWorkers: 4,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
