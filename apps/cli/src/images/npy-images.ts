import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CoreError, type DatasetImage, type PrepareImage, parseNpy, preparedBy } from "@graft/core";

/** Images that are pixels already: the rows of a uint8 array [n, size, size, 3]. */
export interface NpyImages {
  readonly size: number;
  /** Named by their row. */
  readonly images: readonly DatasetImage[];
  /** Gives the rows as they are: no decoding, no resize. */
  readonly prepare: PrepareImage;
}

/** @throws CoreError `not-found`, `corrupt`, `bad-input` for another type or shape. */
export async function readNpyImages(path: string): Promise<NpyImages> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CoreError("not-found", { what: `${path} cannot be read (${cause.code}).` }, { cause });
  });
  const { shape, data } = parseNpy(bytes);
  const [count = 0, size = 0, width, channels] = shape;
  if (
    !(data instanceof Uint8Array) ||
    shape.length !== 4 ||
    size !== width ||
    channels !== 3 ||
    count === 0
  ) {
    throw new CoreError("bad-input", {
      what: `${path} holds no square RGB images.`,
      received: `${data.constructor.name} [${shape.join(", ")}]`,
      expected: "uint8 [n, size, size, 3], RGB from 0 to 255",
      fix: "Save it with numpy.save(path, images.astype(numpy.uint8)).",
    });
  }
  const length = size * size * 3;
  const rows = new Map<string, Uint8Array>();
  const images = Array.from({ length: count }, (_, row): DatasetImage => {
    const pixels = data.subarray(row * length, (row + 1) * length);
    const hash = createHash("sha256").update(pixels).digest("hex");
    rows.set(hash, pixels);
    const facts = { format: "png", width: size, height: size, perceptualHash: "" } as const;
    return { path: `row ${row}`, hash, label: 0, bytes: length, facts };
  });
  return {
    size,
    images,
    prepare: preparedBy("npy-1", async (image, _rule, _augmentation, variants) => {
      const pixels = rows.get(image.hash);
      if (pixels === undefined) throw new TypeError(`no row has the hash of ${image.path}`);
      return variants.map(() => pixels);
    }),
  };
}
