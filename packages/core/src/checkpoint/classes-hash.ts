import { hashJson } from "../canonical-json.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import type { Dataset, Split } from "../dataset/types.ts";

/**
 * What is to be learned of which image: sha256 over the class names in their order and over hash and class of each training
 * and validation image. Where an image lies inside its class is no part of it.
 */
export function classesHash(dataset: Pick<Dataset, "labels" | "images">, split: Split): Promise<string> {
  const parts = (["train", "validation"] as const).flatMap((part) => imagesOfPart(dataset, split, part));
  const images = parts.map(({ hash, label }) => `${hash} ${label}`).sort();
  return hashJson({ labels: dataset.labels, images });
}
