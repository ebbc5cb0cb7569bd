import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { selectBackend } from "./select-node.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "graft-select-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The process's environment without what would steer the choice. */
const env = (): NodeJS.ProcessEnv => {
  const { GRAFT_BACKEND: _backend, GRAFT_ALLOW_SOFTWARE_GPU: _software, ...rest } = process.env;
  return rest;
};

describe("a number of threads", () => {
  it.each([1, 3])("%s is what onnx:cpu computes with, and says", async (threads) => {
    const { backend } = await selectBackend({ backend: "onnx:cpu", home, env: env(), threads });
    expect(backend.device).toMatchObject({
      threads,
      name: expect.stringMatching(new RegExp(`, ${threads} thread`)),
    });
    await backend.dispose();
  });

  it.each([0, -1, 1.5, Number.NaN])("%s is none", async (threads) => {
    await expect(selectBackend({ home, env: env(), threads })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining(String(threads)),
    });
  });
});
