import { CoreError } from "../errors.ts";
import type { HostTensor } from "../graph/host-tensor.ts";

/**
 * Images as one input of a network.
 * @param images [size, size, 3] uint8 each; at least one.
 * @returns uint8 [images, size, size, 3]
 * @throws CoreError `bad-input` for an image of another length.
 */
export function imagesTensor(images: readonly Uint8Array[], size: number): HostTensor {
  const length = size * size * 3;
  const data = new Uint8Array(images.length * length);
  for (const [i, image] of images.entries()) {
    if (image.length !== length) {
      throw new CoreError("bad-input", {
        what: "An image does not have the size that the model takes.",
        received: `${image.length} bytes`,
        expected: `${length} bytes, [${size}, ${size}, 3]`,
      });
    }
    data.set(image, i * length);
  }
  return { shape: [images.length, size, size, 3], data };
}
