import { existsSync } from "node:fs";
import { resolve } from "node:path";

const SHARED = resolve(import.meta.dirname, "../../shared");

/**
 * Path inside the folder of shared test material that lies beside a developer's checkout (real photos, weights, parity
 * values), or undefined in a reader's clone, where the tests that need it are skipped.
 * @throws Error with REQUIRE_SHARED=1 (CI), so that a missing folder never looks like a pass.
 */
export function sharedPath(...parts: string[]): string | undefined {
  const path = resolve(SHARED, ...parts);
  if (existsSync(path)) return path;
  if (process.env.REQUIRE_SHARED === "1")
    throw new Error(`REQUIRE_SHARED=1 and ../shared/${parts.join("/")} is absent`);
  return undefined;
}
