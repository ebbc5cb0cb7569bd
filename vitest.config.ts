import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { DearestFirst } from "./test/setup/dearest-first.ts";
import { softwareVulkanEnvironment } from "./test/setup/software-vulkan.ts";

// Workspace packages resolve to their sources, so a test run never sees a stale build; build-graft.ts builds the command line.
// Not "module", which Vite has as well: the AWS library keeps files there that Node cannot load.
const conditions = ["graft-source", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // below --dir, which each package's own script gives
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "build/**"],
    pool: "forks",
    // vitest's own choice leaves one of two cores idle, and many tests wait for a child process
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: DearestFirst },
    setupFiles: ["test/setup/equal-bytes.ts"],
    globalSetup: ["test/setup/build-graft.ts", "test/setup/postgres-server.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    env: softwareVulkanEnvironment(),
  },
});
