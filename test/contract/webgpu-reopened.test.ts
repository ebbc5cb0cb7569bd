import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { FROM_SOURCES } from "../from-sources.ts";
import { describeOn } from "../open-or-skip.ts";

// Dawn ended the process when its instance was collected after a device of it had been destroyed
for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "tfjs:webgpu"))
  await describeOn(candidate, () => {
    it("is opened again and again while the garbage collector runs", async () => {
      const file = join(import.meta.dirname, "webgpu-child.ts");
      const words = ["--expose-gc", ...FROM_SOURCES, file];
      const cwd = resolve(import.meta.dirname, "../..");
      const { stdout } = await promisify(execFile)(process.execPath, words, { cwd });
      expect(stdout).toBe("2,4,6\n".repeat(15));
    });
  });
