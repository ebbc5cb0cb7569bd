import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

// Requests that another program makes from the OpenAPI document, apart from the default suites because it is installed first.
const conditions = ["graft-source", "node", "development|production"];

export default defineConfig({
  root: resolve(import.meta.dirname, "../.."),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/schemathesis/*.suite.ts"],
    globalSetup: ["test/setup/schemathesis-python.ts"],
    pool: "forks",
    testTimeout: 900_000,
    hookTimeout: 120_000,
  },
});
