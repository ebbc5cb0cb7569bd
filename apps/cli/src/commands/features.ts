import {
  type DatasetImage,
  extractFeatures,
  featureShape,
  featureSpace,
  type ImageRule,
  type PrepareImage,
  trunkGraph,
} from "@graft/core";
import { UsageError } from "../exit-codes.ts";
import { readNpyImages } from "../npy-images.ts";
import { checkOutFile, placeFile } from "../out-path.ts";
import { imageProgress } from "../output/image-progress.ts";
import { print, printJson } from "../output/stdout.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";
import { configFromFlags } from "../train-flags.ts";
import { writeFeatures } from "../write-features.ts";

/** Images and how they become pixels, from a data set or from an array. */
interface Source {
  readonly labels: readonly string[] | undefined;
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
  readonly size: number;
}

/** `graft features DATASET|IMAGES.npy --out F.npy`: float32 [n, c] or [n, h, w, c]; names and labels in F.json. */
export async function features(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  const config = configFromFlags(flags);
  const out = String(flags.out);
  const pool = flags.pool === "none" ? "none" : "avg";
  if (!/\.npy$/i.test(out))
    throw new UsageError(`--out: expected a name that ends in .npy. Received: ${out}.`);
  const beside = out.replace(/\.npy$/i, ".json");
  for (const path of [out, beside]) await checkOutFile(path, flags.force === true);
  await using session = new Session(context);
  const { images, prepare, labels, size } = await openSource(session, dataset, flags, config.size);
  const { backend } = await session.backend(config.backend);
  const weights = await session.weights(config.weights, config.inputRange);
  const rule: ImageRule = { version: 1, size, fit: config.fit, resize: config.resize };
  const { cut } = config;
  const block = featureShape(cut, size);
  const space = featureSpace({
    rule,
    weights,
    cut,
    pool,
    augmentation: null,
    cacheType: config.cacheType,
    backend,
  });
  const progress = imageProgress("Computing features", (line) => session.status(line));
  const table = await extractFeatures({
    images,
    variants: [0],
    space,
    rowShape: pool === "avg" ? block.slice(2) : block,
    // pixels that came as an array are not likely to come again
    store: labels ? await session.features() : null,
    prepare,
    decodeAhead: session.decodeAhead,
    openProgram: () => backend.compile(trunkGraph(weights, { cut, size, pool })),
    batch: backend.limits.preferredBatch,
    signal: session.signal,
    onProgress: ({ done, total }) => progress(done, total),
    onStoreFull: (error) => session.notice(`Note: ${error.message}`),
  });
  await writeFeatures(table, out);
  const { tensors: _numbers, ...weightsInfo } = weights;
  const named = images.map(({ path, label, hash }) => ({
    path,
    hash,
    ...(labels ? { label: labels[label] } : {}),
  }));
  const description = { labels, images: named, cut, pool, rule, weights: weightsInfo, backend: backend.id };
  await placeFile(beside, (file) => file.writeFile(`${JSON.stringify(description, null, 1)}\n`));
  session.status("");
  const shape = [table.numRows, ...table.rowShape];
  if (context.json) printJson({ features: out, names: beside, shape });
  else print(`${out}: float32 [${shape.join(", ")}]\n${beside}: path and label of each row`);
}

async function openSource(session: Session, name: string, flags: Flags, size: number): Promise<Source> {
  if (!/\.npy$/i.test(name)) {
    const { dataset, source } = await session.dataset(name);
    session.warnOfBroken(dataset, name);
    return { labels: dataset.labels, images: dataset.images, prepare: session.prepareFrom(source), size };
  }
  const array = await readNpyImages(name);
  if (flags.size !== undefined && flags.size !== array.size)
    throw new UsageError(
      `--size: the images in ${name} are ${array.size} pixels and go in as they are. Received: ${flags.size}.`,
    );
  return { labels: undefined, images: array.images, prepare: array.prepare, size: array.size };
}
