import util from "node:util";

const OLD_FUNCTIONS = {
  isArray: (value: unknown): boolean => Array.isArray(value),
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
} as const;

/**
 * Gives `node:util` the two functions that tfjs-node 4.22 calls (nodejs_kernel_backend.js) and that Node took out in 23
 * or warns about from 22 on. Called before its code is loaded.
 */
export function restoreLegacyUtil(): void {
  for (const [name, value] of Object.entries(OLD_FUNCTIONS)) {
    Object.defineProperty(util, name, { value, configurable: true, enumerable: true, writable: true });
  }
}
