import { CoreError } from "../errors.ts";
import { joinPieces } from "../files/join-pieces.ts";
import { shapeText } from "../graph/infer-shape.ts";
import { sha256 } from "../sha256.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { tensorsUpTo } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";

/**
 * `WeightsInfo.sha256`: over all tensors in table order, each as the line `conv2d_1/kernel [3, 3, 3, 32]\n` in UTF-8 and
 * its numbers as little-endian float32. It depends on the numbers alone, not on the file they came in; of a trunk that ends
 * earlier it is taken over what that has, so that a file has one hash whatever cut is trained at.
 * @param cut the last block that the weights have. @default the whole trunk
 * @returns 64 hexadecimal digits.
 * @throws CoreError `weights-mismatch` when a tensor is absent.
 */
export async function hashWeights(
  tensors: ReadonlyMap<string, WeightTensor>,
  cut: CutLayer = "mixed10",
): Promise<string> {
  const specs = tensorsUpTo(cut);
  const encoder = new TextEncoder();
  const pieces = specs.flatMap(({ name, shape }) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new CoreError("weights-mismatch", { what: `The weights have no tensor ${name}.` });
    const { buffer, byteOffset, byteLength } = tensor.data;
    const head = encoder.encode(`${name} ${shapeText(shape)}\n`);
    return [head, new Uint8Array(buffer, byteOffset, byteLength)];
  });
  // in one piece: WebCrypto, the hash that Node and browsers share, takes no others
  return sha256(joinPieces(pieces));
}
