import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrunkWeights } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kerasPython, NO_KERAS } from "../setup/keras-python.ts";

const python = kerasPython();
const SCRIPT = join(import.meta.dirname, "save_models.py");

const ENDINGS = ["keras", "h5", "weights.h5"];
/** Pixels' range by model, where its config is in the file. */
const RANGES: readonly (readonly [string, readonly number[] | undefined])[] = [
  ["trunk", undefined],
  ["flat", undefined],
  ["nested", [-1, 1]],
  ["front", [-1, 1]],
  ["sequential", [0, 1]],
];
const KERAS_RANGE = [-1, 1];

describe.skipIf(python === undefined).each(["keras", "tf_keras"])(
  `models that %s saved${python === undefined ? ` (${NO_KERAS})` : ""}`,
  (library) => {
    const folder = mkdtempSync(join(tmpdir(), "graft-keras-models-"));
    let notices: string[] = [];
    let reference: TrunkWeights;

    const load = (name: string): Promise<TrunkWeights> => {
      notices = [];
      return loadWeights({
        ...{ weights: join(folder, name), cut: "mixed0", home: folder, env: {} },
        fetch: () => Promise.reject(new Error("a file needs no network")),
        onNotice: (text) => notices.push(text),
      });
    };

    beforeAll(async () => {
      const { status, stderr } = spawnSync(python ?? "", [SCRIPT, folder, library], { encoding: "utf8" });
      expect(status, stderr).toBe(0);
      reference = await load("reference.h5");
    }, 300_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(
      RANGES.flatMap(([name, range]) => ENDINGS.map((ending) => [`${name}.${ending}`, range] as const)),
    )("%s gives the trunk that went in, and its range", async (name, range) => {
      const weights = await load(name);
      expect(weights.sha256).toBe(reference.sha256);
      const isStated = range !== undefined && !name.endsWith(".weights.h5");
      expect(weights.inputRange).toEqual(isStated ? range : KERAS_RANGE);
      expect(notices.some((text) => text.includes("says that its trunk takes pixels"))).toBe(isStated);
      const isLeftOut = notices.some((text) => /stands in front of the trunk and is left out/.test(text));
      expect(isLeftOut).toBe(/^front\.(keras|h5)$/.test(name));
      expect(notices.some((text) => text.includes("has a top, which is left out"))).toBe(
        !name.startsWith("trunk"),
      );
    });
  },
);
