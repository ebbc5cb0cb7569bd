import {
  CoreError,
  type DatasetImage,
  isOfOneFile,
  type Model,
  type PrepareImage,
  readingOf,
  throwIfCancelled,
} from "@graft/core";
import { evaluationImages } from "../evaluation/evaluation-images.ts";
import { modelRun } from "../model/model-run.ts";
import type { Session } from "../session/session.ts";

/** Real images that an export is compared on, and where they are from. */
export interface ComparisonImages {
  /** [size, size, 3] uint8 each, through the model's image rule. */
  readonly images: readonly Uint8Array[];
  readonly description: string;
}

/** Enough that a network which is wrong anywhere says so; each costs the network three runs. */
const COUNT = 8;

type Source = PrepareImage;

/**
 * Images of `--data`, else of the validation part of the model's run when its data set is still there, else of the embedded
 * emoji set.
 * @throws CoreError as the opening of a data set that was named; `bad-input` when none of its images can be read.
 */
export async function comparisonImages(
  session: Session,
  manifest: Model["manifest"],
  data: string | undefined,
): Promise<ComparisonImages> {
  if (data !== undefined) {
    const plain = await session.unlabelled(data);
    const { images, source } = plain
      ? { images: plain.images, source: plain.prepare }
      : await opened(session, data);
    return prepared(session, manifest, { images, source, name: data });
  }
  const ofRun = await runImages(session, manifest);
  if (ofRun) return ofRun;
  const { images, source } = await opened(session, "emoji");
  return prepared(session, manifest, { images, source, name: "the embedded emoji set" });
}

async function opened(
  session: Session,
  name: string,
): Promise<{ images: readonly DatasetImage[]; source: Source }> {
  const { dataset, prepare: source } = await session.dataset(name, { purpose: "score" });
  return { images: dataset.images, source };
}

/** Undefined when the run, its data set or all its validation images are gone: a model goes where they do not. */
async function runImages(
  session: Session,
  manifest: Model["manifest"],
): Promise<ComparisonImages | undefined> {
  const { home } = session.context.environment;
  try {
    const run = await modelRun(home, manifest);
    if (run === undefined) return undefined;
    const { record, split } = run;
    const location = String(record.dataset?.location ?? record.datasetName);
    const { dataset, prepare: source } = await session.dataset(location, readingOf(record.config));
    const { images } = evaluationImages(dataset, split, undefined);
    return await prepared(session, manifest, { images, source, name: "the model's run" });
  } catch (error) {
    if (!isOfOneFile(error)) throw error;
    return undefined;
  }
}

async function prepared(
  session: Session,
  { rule }: Model["manifest"],
  from: { readonly images: readonly DatasetImage[]; readonly source: Source; readonly name: string },
): Promise<ComparisonImages> {
  const prepare = from.source;
  // spread over the list, so that every class is likely among them
  const count = Math.min(COUNT, from.images.length);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * from.images.length) / count));
  const images: Uint8Array[] = [];
  let refusal: CoreError | undefined;
  for (const at of chosen) {
    throwIfCancelled(session.signal);
    const image = from.images[at];
    if (!image) continue;
    try {
      images.push(...(await prepare(image, rule, null, [0])));
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      refusal = error;
    }
  }
  if (images.length > 0)
    return { images, description: `${images.length} image${images.length === 1 ? "" : "s"} of ${from.name}` };
  throw new CoreError("bad-input", {
    what: "There is no image to compare the export on.",
    received: `${from.images.length} images in ${from.name}${refusal ? `, none readable: ${refusal.message}` : ""}`,
    fix: "Give others with --data.",
  });
}
