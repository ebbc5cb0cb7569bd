import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

// The TensorFlow engine's suites, apart from the default ones because they install 0.8 GB first (install.ts).
const ROOT = resolve(import.meta.dirname, "../..");
const conditions = ["graft-source", "module", "node", "development|production"];

export default defineConfig({
  root: ROOT,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/tensorflow/*.suite.ts"],
    globalSetup: ["test/tensorflow/install.ts"],
    env: { REQUIRE_BACKENDS: process.env.REQUIRE_BACKENDS ?? "tfjs:tensorflow" },
    pool: "forks",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
