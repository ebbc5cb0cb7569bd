import { defineConfig } from "vitest/config";
import { softwareVulkanEnvironment } from "./test/setup/software-vulkan.ts";

// Workspace packages resolve to their sources, so a test run never sees a stale build.
const conditions = ["graft-source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // below --dir, which each package's own script gives
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "build/**"],
    pool: "forks",
    testTimeout: 180_000,
    hookTimeout: 120_000,
    env: softwareVulkanEnvironment(),
  },
});
