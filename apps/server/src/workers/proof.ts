import { createHash } from "node:crypto";
import { checkInt8, selectBackend } from "@graft/backend-select";
import { computeFeaturesJob, parseTrainConfig } from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";

/** Of the embedded emoji's sample. */
const PICTURES = [0, 8, 16, 24];
const SIZE = 150;

/** A machine's proofs by the id of the backend that they are of. */
export type Proofs = Readonly<Record<string, string>>;

/**
 * What a backend of this machine makes of four fixed pictures, decoded, resized and through the bundled trunk: sha256 of the numbers' bytes.
 * Two machines with the same proof compute the same features to the last bit, as far as four pictures tell; engines of one
 * version differ between processors.
 * @param backend its id.
 * @param home where installed engines are; nothing is kept there but which devices passed their self-check.
 */
export async function proofOf(backend: string, home: string): Promise<string> {
  const { signal } = new AbortController();
  await using workspace = new NodeWorkspace({
    ...{ home, env: process.env, signal, checkInt8, versions: {}, onEvent: () => undefined },
    selectBackend: () => selectBackend({ backend, home, env: process.env }),
  });
  const { images, prepare } = workspace.foreign;
  const all = await images();
  const chosen = PICTURES.flatMap((at) => all[at] ?? []);
  const config = parseTrainConfig({ weights: "bundled", cut: "mixed7", size: SIZE });
  const { table } = await computeFeaturesJob(workspace, {
    ...{ config, pool: "avg" },
    // given as pixels are: nothing of them is kept
    source: { images: chosen, prepare, size: SIZE },
  });
  const numbers = new Float32Array(
    table.numRows * table.rowShape.reduce((product, side) => product * side, 1),
  );
  await table.read([...chosen.keys()], numbers);
  return createHash("sha256").update(new Uint8Array(numbers.buffer)).digest("hex");
}
