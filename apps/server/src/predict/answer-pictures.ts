import type { PictureAnswer, RefusedPicture } from "@graft/api";
import {
  CoreError,
  type ImagePool,
  inParallel,
  pixelsInHeader,
  serializeError,
  throwIfCancelled,
} from "@graft/core";
import type { ExplainedClass, OpenModel } from "./open-model.ts";
import type { PixelGate } from "./pixel-gate.ts";

export interface AnswerOptions {
  readonly model: OpenModel;
  readonly pictures: readonly Uint8Array[];
  readonly explain?: ExplainedClass | undefined;
  readonly pool: Pick<ImagePool, "prepare">;
  readonly gate: PixelGate;
  /** Pictures of one request that are under way at once: one with hundreds leaves room for others. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

/** What decoding a picture costs at most, where its header takes more than a look. */
const UNKNOWN_PIXELS = 24e6;

/** A stop, or trouble of the machine; all else that keeps a picture from being decoded is the picture's own. */
const isOfRequest = (error: unknown): boolean =>
  !(error instanceof CoreError) || error.code === "cancelled" || error.code === "unreadable";

async function pixelsOf(
  picture: Uint8Array,
  { model, pool, gate }: AnswerOptions,
): Promise<Uint8Array | RefusedPicture> {
  try {
    const pixels = pixelsInHeader(picture) ?? UNKNOWN_PIXELS;
    const [image] = await gate.pass(pixels, () =>
      pool.prepare({ bytes: picture }, model.manifest.rule, null, [0]),
    );
    if (!image) throw new TypeError("the pool gives one image for each variant");
    return image;
  } catch (error) {
    if (isOfRequest(error)) throw error;
    return { error: serializeError(error) };
  }
}

async function answerOne(
  picture: Uint8Array,
  options: AnswerOptions,
): Promise<PictureAnswer | RefusedPicture> {
  const { model, explain, signal } = options;
  const image = await pixelsOf(picture, options);
  return "error" in image ? image : model.answer(image, explain, signal);
}

/**
 * Asks a model about pictures; they are decoded side by side, and their answers come in their own order.
 * @throws CoreError `cancelled`, `unreadable` for trouble of the machine, `backend`, `bad-input` for a class that there is not.
 */
export async function answerPictures(options: AnswerOptions): Promise<(PictureAnswer | RefusedPicture)[]> {
  const { pictures, atOnce, signal } = options;
  const answers: (PictureAnswer | RefusedPicture)[] = [];
  await inParallel(pictures.entries(), atOnce, async ([i, picture]) => {
    throwIfCancelled(signal);
    answers[i] = await answerOne(picture, options);
  });
  return answers;
}
