import { defineConfig } from "vitest/config";
import { softwareVulkanEnvironment } from "./test/setup/software-vulkan.ts";

// Workspace packages resolve to their sources, so a test run never sees a stale build.
const conditions = ["graft-source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    env: softwareVulkanEnvironment(),
  },
});
