import type { ImageChange, ImageRow, ImageState } from "../ports/rows.ts";

const stateOf = ({ class: of, use, reason }: ImageRow): ImageState => ({ class: of, use, reason });

function changed(
  images: readonly ImageRow[],
  after: (image: ImageRow) => Partial<ImageState> | undefined,
): readonly ImageChange[] {
  return images.flatMap((image) => {
    const change = after(image);
    const before = stateOf(image);
    return change === undefined ? [] : [{ image: image.id, before, after: { ...before, ...change } }];
  });
}

/** Of those that are elsewhere. @param to null: sorted into no class. */
export const moveTo = (images: readonly ImageRow[], to: string | null): readonly ImageChange[] =>
  changed(images, (image) => (image.class === to ? undefined : { class: to }));

/** Of those that are used. @param reason of a person, for people. */
export const leaveOut = (images: readonly ImageRow[], reason: string | null): readonly ImageChange[] =>
  changed(images, ({ use }) => (use === "in" ? { use: "out", reason } : undefined));

/** Of those that a person left out; what cannot be read stays so. */
export const keep = (images: readonly ImageRow[]): readonly ImageChange[] =>
  changed(images, ({ use }) => (use === "out" ? { use: "in", reason: null } : undefined));
