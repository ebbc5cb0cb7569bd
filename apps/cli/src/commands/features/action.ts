import {
  type BrokenFile,
  CoreError,
  type DatasetImage,
  extractFeatures,
  type FeatureStore,
  featureShape,
  featureSpace,
  type ImageRule,
  nameFew,
  type PrepareImage,
  trunkGraph,
  visibleText,
} from "@graft/core";
import { nextCommand } from "../../environment/self-command.ts";
import { UsageError } from "../../exit/exit-codes.ts";
import { writeFeatures } from "../../export/write-features.ts";
import { readNpyImages } from "../../images/npy-images.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { print, printJson } from "../../output/stdout.ts";
import { checkNotInput, checkOutFile, placeFile } from "../../places/out-path.ts";
import { imageProgress } from "../../progress/image-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** Images and how they become pixels, from a data set, from plain images or from an array. */
interface Source {
  /** Of a data set alone. */
  readonly labels: readonly string[] | null;
  /** Pixels that came as an array are not likely to come again. */
  readonly mayComeAgain: boolean;
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
  readonly size: number;
}

/** `graft features DATASET|FOLDER|IMAGE|IMAGES.npy --out F.npy`: float32 [n, c] or [n, h, w, c]; names and labels in F.json. */
export async function features(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  const config = configFromFlags(flags);
  const out = String(flags.out);
  const pool = flags.pool === "none" ? "none" : "avg";
  if (!/\.npy$/i.test(out))
    throw new UsageError(`--out: expected a name that ends in .npy. Received: ${out}.`);
  const beside = out.replace(/\.npy$/i, ".json");
  for (const path of [out, beside]) {
    await checkNotInput(path, dataset);
    await checkOutFile(path, flags.force === true);
  }
  await using session = new Session(context);
  const { images, prepare, labels, size, mayComeAgain } = await openSource(
    session,
    dataset,
    flags,
    config.size,
  );
  const { backend } = await session.backend(config.backend);
  const weights = await session.weights(config.weights, config.inputRange, config.cut);
  const rule: ImageRule = { version: 1, size, fit: config.fit, resize: config.resize };
  const { cut } = config;
  const block = featureShape(cut, size);
  const space = featureSpace({
    decoder: prepare.decoder,
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
    store: mayComeAgain ? await storeOrNote(session) : null,
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
    label: labels?.[label] ?? null,
  }));
  const description = { labels, images: named, cut, pool, rule, weights: weightsInfo, backend: backend.id };
  await placeFile(beside, (file) => file.writeFile(`${JSON.stringify(description, null, 1)}\n`));
  session.status("");
  const shape = [table.numRows, ...table.rowShape];
  if (context.json) printJson({ features: out, names: beside, shape });
  else
    print(
      `${out}: float32 [${shape.join(", ")}]\n${beside}: ${labels ? "path and label" : "path"} of each row`,
    );
}

/** Null, with a note, where the home cannot be written: the file that was asked for lies elsewhere. */
async function storeOrNote(session: Session): Promise<FeatureStore | null> {
  try {
    return await session.workspace.features();
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    session.notice(`Note: the features are not kept for the next time. ${error.message}`);
    return null;
  }
}

async function openSource(session: Session, name: string, flags: Flags, size: number): Promise<Source> {
  if (!/\.npy$/i.test(name)) {
    checkTypedDataset(name);
    const plain = flags.labelsFrom === undefined ? await session.unlabelled(name) : undefined;
    if (plain) {
      if (plain.broken.length > 0) session.notice(brokenText(plain.broken));
      for (const { message } of plain.notes) session.notice(`Note: ${message}`);
      if (plain.isUnclear) {
        const why = nextCommand(session.context.environment, ["inspect", name]);
        session.notice(`Note: the rows have no labels, as the folders are not clearly classes; why: ${why}`);
      }
      const { images } = plain;
      return { labels: null, mayComeAgain: true, images, prepare: plain.prepare, size };
    }
    const labelsFrom = typeof flags.labelsFrom === "string" ? flags.labelsFrom : undefined;
    const { dataset, prepare } = await session.dataset(name, { labelsFrom });
    session.tellNotes(dataset, name);
    const { labels, images } = dataset;
    return { labels, mayComeAgain: true, images, prepare, size };
  }
  const array = await readNpyImages(name);
  if (flags.size !== undefined && flags.size !== array.size)
    throw new UsageError(
      `--size: the images in ${name} are ${array.size} pixels and go in as they are. Received: ${flags.size}.`,
    );
  const { images, prepare } = array;
  return { labels: null, mayComeAgain: false, images, prepare, size: array.size };
}

function brokenText(broken: readonly BrokenFile[]): string {
  const named = nameFew(broken.map(({ path, reason }) => `${visibleText(path)} (${reason})`));
  return `Note: ${broken.length} broken left out: ${named}`;
}
