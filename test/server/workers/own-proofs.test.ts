import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownProofs } from "../../../apps/server/src/workers/own-proofs.ts";
import type { Proofs } from "../../../apps/server/src/workers/proof.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";

const { signal } = new AbortController();
/** Found by a process that ends with it. */
const found = (home: string): Promise<Proofs> => ownProofs({ home, version: "test", signal })();

it("two processes of a machine prove the same, and what was proved is read the next time", async () => {
  const [first, second] = [await temporaryFolder("proofs"), await temporaryFolder("proofs")];
  for (const home of [first, second]) await mkdir(join(home, "server"), { recursive: true });
  const proofs = await found(first);
  expect(proofs).toMatchObject({ "onnx:cpu": expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await found(second)).toEqual(proofs);

  const file = join(first, "server", "proofs.json");
  const kept = await readFile(file, "utf8");
  const other = "0".repeat(64);
  await writeFile(file, kept.replace(proofs["onnx:cpu"] ?? "", other));
  expect(await found(first)).toEqual({ ...proofs, "onnx:cpu": other });
  // half a file is computed again
  await writeFile(file, kept.slice(0, -10));
  expect(await found(first)).toEqual(proofs);
  expect(await readFile(file, "utf8")).toBe(kept);
});
