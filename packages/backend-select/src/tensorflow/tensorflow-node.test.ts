import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EngineName, engineFolder, enginePaths, stampText } from "./engine-folder-node.ts";
import { createTensorflowBackend } from "./tensorflow-node.ts";

describe("the TensorFlow engine", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "graft-tensorflow-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const placeBroken = (name: EngineName): void => {
    const { stamp, kernels, kernelBackend, addon } = enginePaths(engineFolder(home, name), name);
    for (const path of [kernels, kernelBackend, addon]) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "no code");
    }
    writeFileSync(stamp, stampText(name));
  };

  it.each(["tensorflow", "tensorflow-cuda"] as const)("%s says how it is installed", async (variant) => {
    const opening = createTensorflowBackend({ variant, home });
    await expect(opening).rejects.toMatchObject({ code: "backend" });
    await expect(opening).rejects.toThrow(`graft engines install ${variant}`);
    mkdirSync(engineFolder(home, variant), { recursive: true });
    await expect(createTensorflowBackend({ variant, home })).rejects.toThrow("engine.json cannot be read");
  });

  it("that is broken is refused with the loader's words and leaves tfjs as it was", async () => {
    placeBroken("tensorflow");
    const opening = createTensorflowBackend({ variant: "tensorflow", home });
    await expect(opening).rejects.toMatchObject({ code: "backend" });
    await expect(opening).rejects.toThrow(
      /does not load\. Received: .*tfjs_binding\.node.*graft engines install/s,
    );
    expect(tf.findBackendFactory("tensorflow")).toBeNull();
    // and may be tried again, e.g. after it was installed anew
    await expect(createTensorflowBackend({ variant: "tensorflow", home })).rejects.toThrow("does not load");
  });

  it("for CUDA that is broken is refused by its trial in another process", async () => {
    placeBroken("tensorflow-cuda");
    const opening = createTensorflowBackend({ variant: "tensorflow-cuda", home });
    await expect(opening).rejects.toMatchObject({ code: "backend" });
    await expect(opening).rejects.toThrow(/does not work\..*tfjs_binding\.node/s);
  });

  it("is refused where somebody else's tfjs-node is at work", async () => {
    placeBroken("tensorflow");
    tf.registerBackend("tensorflow", () => Promise.reject(new Error("not started")), 0);
    try {
      const opening = createTensorflowBackend({ variant: "tensorflow", home });
      await expect(opening).rejects.toThrow("Another tfjs-node");
    } finally {
      tf.removeBackend("tensorflow");
    }
  });
});
