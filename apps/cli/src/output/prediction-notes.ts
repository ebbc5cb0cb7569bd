import { nameFew, type SkippedFile } from "@graft/core";

/** What was passed over in folders whose images are asked about. */
export function skippedText(skipped: readonly SkippedFile[]): string {
  const named = nameFew(skipped.map(({ path, reason }) => `${path} (${reason})`));
  return `Note: ${skipped.length} passed over: ${named}`;
}

/** That some of the images that were asked about gave no answer. */
export const unusableText = (broken: number, images: number): string =>
  images === 1 ? "The image could not be used." : `${broken} of ${images} images could not be used.`;
