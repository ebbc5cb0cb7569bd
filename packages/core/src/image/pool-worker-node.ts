import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { CoreError, serializeError } from "../errors.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { augmentImage } from "./augment.ts";
import { inspectPixels, nodeDecoder } from "./decode-node.ts";
import { encodeImage } from "./encode-node.ts";
import type { ImageInput, InspectedFile, InspectedPicture } from "./pool.ts";
import type { PoolReply, PoolRequest, PoolTask } from "./pool-messages.ts";
import { applyRule } from "./rule.ts";
import type { RgbImage } from "./types.ts";

/** How people know an image that came as bytes. */
const NAMELESS = "the image";

/**
 * Reads on this thread, which is there for it: through Node's pool of threads a photo's read costs 0.09 ms instead of
 * 0.01, and libvips decodes the other task's image meanwhile.
 */
function readImage(image: string | Uint8Array): { bytes: Uint8Array; hash: string } {
  try {
    const bytes = typeof image === "string" ? readFileSync(image) : image;
    return { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
  } catch (cause) {
    throw readFailure(nameOf(image), cause);
  }
}

const nameOf = (image: string | Uint8Array): string => (typeof image === "string" ? image : NAMELESS);
const contentOf = (image: ImageInput): string | Uint8Array => ("path" in image ? image.path : image.bytes);

/** libvips says of an image that there is no memory for, as V8 does, what would be taken for a damaged file. */
const OUT_OF_MEMORY = /out of memory|allocation failed|unable to allocate|cannot allocate/i;

/** Memory that is short is no image's fault, though images are asked for it. */
function withoutBlame(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !OUT_OF_MEMORY.test(`${error.message} ${error.cause}`)) return error;
  const cause = Object.assign(new Error(error.message, { cause: error }), { code: "ENOMEM" });
  return readFailure(path, cause);
}

/** The image in small, by its long side in pixels, as WebP. */
async function thumbnailOf(image: RgbImage, longSide: number): Promise<Uint8Array<ArrayBuffer>> {
  const scale = Math.min(1, longSide / Math.max(image.width, image.height));
  const sized = (side: number): number => Math.max(1, Math.round(side * scale));
  const size = { width: sized(image.width), height: sized(image.height) };
  // a buffer of its own: it is moved to the other thread
  return new Uint8Array(await encodeImage(image, { format: "webp", size }));
}

async function inspect({
  image: content,
  thumbnail,
}: Extract<PoolTask, { type: "inspect" }>): Promise<InspectedFile | InspectedPicture> {
  const { bytes, hash } = readImage(content);
  const { facts, image } = await inspectPixels(bytes);
  const file = { hash, bytes: bytes.length, facts };
  return thumbnail === undefined ? file : { ...file, thumbnail: await thumbnailOf(image, thumbnail) };
}

async function prepare(
  task: Extract<PoolTask, { type: "prepare" }>,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const content = contentOf(task.image);
  const read = readImage(content);
  const { hash = read.hash } = task.image;
  if (read.hash !== hash) {
    const fix = "Start again, and leave the images alone while graft uses them.";
    throw new CoreError("corrupt", {
      what: `${nameOf(content)} has changed since graft first read it.`,
      fix,
    });
  }
  // only whether it is still there
  if (task.variants.length === 0) return [];
  const pixels = applyRule(await nodeDecoder.decode(read.bytes), task.rule);
  // Copies own their buffers: a transferred buffer takes everything else that lives in it along.
  return task.variants.map((variant) =>
    task.augmentation === null
      ? new Uint8Array(pixels)
      : new Uint8Array(augmentImage(pixels, task.augmentation, { hash, variant })),
  );
}

async function answer({ id, task }: PoolRequest): Promise<PoolReply> {
  try {
    if (task.type === "inspect") return { id, type: "inspected", file: await inspect(task) };
    return { id, type: "prepared", images: await prepare(task) };
  } catch (error) {
    const content = task.type === "inspect" ? task.image : contentOf(task.image);
    return { id, type: "failed", error: serializeError(withoutBlame(error, nameOf(content))) };
  }
}

/** What goes to the other thread without a copy. */
function buffersOf(reply: PoolReply): readonly Uint8Array<ArrayBuffer>[] {
  if (reply.type === "prepared") return reply.images;
  return reply.type === "inspected" && "thumbnail" in reply.file ? [reply.file.thumbnail] : [];
}

parentPort?.on("message", async (request: PoolRequest) => {
  const reply = await answer(request);
  const moved = buffersOf(reply).map(({ buffer }) => buffer);
  parentPort?.postMessage(reply, moved);
});
// heard by the pool: from here on a thread that ends did so over an image
parentPort?.postMessage({ type: "ready" });
