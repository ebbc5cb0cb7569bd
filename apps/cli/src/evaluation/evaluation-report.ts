import { basename } from "node:path";
import type { SelectedBackend } from "@graft/backend-select";
import {
  type DatasetImage,
  type EvaluationReport,
  type EvaluationResult,
  evaluationPage,
  type FeaturePredictor,
  featureShape,
  GradCam,
  type HeatMap,
  isOfOneFile,
  type Model,
  overlayHeat,
  type PrepareImage,
  type ReportPicture,
  type RgbImage,
  type TrainEvent,
  throwIfCancelled,
} from "@graft/core";
import { encodeImage, type RunFolder } from "@graft/core/node";
import { machineFacts } from "../environment/machine-facts.ts";
import { packageVersion } from "../environment/package-version.ts";
import type { Findings } from "./evaluation-findings.ts";

/** Of each list a page shows so many. */
const SHOWN = 12;
/** More places of one picture than these help nobody. */
const SHOWN_COPIES = 4;
/** Side of a picture in pixels: sharp on a dense screen at the 144 that it is shown at. */
const SIDE = 240;

export interface ReportOptions {
  readonly model: Model;
  /** What the user calls it. */
  readonly modelName: string;
  readonly datasetName: string;
  /** Which images, in words. */
  readonly description: string;
  readonly notes: readonly string[];
  readonly result: EvaluationResult;
  readonly findings: Findings;
  /** Why nothing was compared with the training. */
  readonly unlikeReason: string | undefined;
  readonly run: RunFolder | undefined;
  readonly selected: SelectedBackend;
  /** The model at work; the caller disposes of it. */
  readonly predictor: FeaturePredictor;
  readonly prepare: PrepareImage;
  readonly home: string;
  readonly signal: AbortSignal;
  readonly splitGap?: EvaluationReport["splitGap"];
}

/** Small pictures as data: URIs, each made once; an image that cannot be read any more has none. */
class Pictures {
  readonly #options: ReportOptions;
  readonly #made = new Map<DatasetImage, Promise<ReportPicture>>();
  readonly #maps = new Map<DatasetImage, HeatMap>();

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** Makes heat maps of what the model says of these images; their pictures have them from then on. */
  async explain(images: readonly DatasetImage[]): Promise<void> {
    const { model, predictor, signal } = this.#options;
    const { head, cut, rule } = model.manifest;
    const gradCam = new GradCam({ head, values: model.head, shape: featureShape(cut, rule.size) });
    const views = await Promise.all(
      [...new Set(images)].map(async (image) => ({ image, pixels: await this.#pixelsOf(image, rule.size) })),
    );
    throwIfCancelled(signal);
    const usable = views.flatMap(({ image, pixels }) => (pixels ? [{ image, pixels }] : []));
    const seen = await predictor.predictWithFeatures(usable.map(({ pixels }) => pixels));
    for (const [i, { prediction, features }] of seen.entries()) {
      const image = usable[i]?.image;
      if (image) this.#maps.set(image, gradCam.map(features, prediction.label));
    }
  }

  of(image: DatasetImage): Promise<ReportPicture> {
    const made = this.#made.get(image) ?? this.#make(image);
    this.#made.set(image, made);
    return made;
  }

  async #make(image: DatasetImage): Promise<ReportPicture> {
    const { path } = image;
    const data = await this.#pixelsOf(image, SIDE);
    if (!data) return { path };
    const view = { width: SIDE, height: SIDE, data };
    const map = this.#maps.get(image);
    const picture = await toUri(view);
    return map ? { path, picture, heat: await toUri(overlayHeat(view, map)) } : { path, picture };
  }

  /** What the model sees of an image, at any size. */
  async #pixelsOf(image: DatasetImage, size: number): Promise<Uint8Array | undefined> {
    const { model, prepare } = this.#options;
    try {
      return (await prepare(image, { ...model.manifest.rule, size }, null, [0]))[0];
    } catch (error) {
      if (isOfOneFile(error)) return undefined;
      throw error;
    }
  }
}

async function toUri(image: RgbImage): Promise<string> {
  const bytes = await encodeImage(image, { format: "webp" });
  return `data:image/webp;base64,${Buffer.from(bytes).toString("base64")}`;
}

/** Finished epochs of the run, the last telling of each one, and where its tail began to be trained. */
function curvesOf(events: readonly TrainEvent[]): Pick<EvaluationReport, "epochs" | "fineTunedFrom"> {
  const epochs = new Map<number, EvaluationReport["epochs"][number]>();
  let isTail = false;
  let fineTunedFrom: number | undefined;
  for (const event of events) {
    if (event.type === "phase-start") isTail = event.phase === "fine-tune";
    if (event.type !== "epoch-end") continue;
    epochs.set(event.epoch, event);
    if (isTail) fineTunedFrom = Math.min(fineTunedFrom ?? event.epoch, event.epoch);
  }
  const sorted = [...epochs.values()].sort((a, b) => a.epoch - b.epoch);
  return { epochs: sorted, ...(fineTunedFrom === undefined ? {} : { fineTunedFrom }) };
}

function aboutFacts({ model, description, result, run }: ReportOptions): EvaluationReport["about"] {
  const { manifest } = model;
  const { source, origin, sha256 } = manifest.weights;
  const { images } = manifest;
  return [
    ["images", description],
    ["seen in training", `${result.seenInTraining.length} of them`],
    [
      "left out",
      result.broken.length === 0 ? "none" : result.broken.map(({ image }) => image.path).join(", "),
    ],
    ["head", `${manifest.head.recipe}, ${manifest.labels.length} classes, cut at ${manifest.cut}`],
    [
      "image rule",
      `${manifest.rule.size} × ${manifest.rule.size} pixels, ${manifest.rule.fit}, ${manifest.rule.resize}`,
    ],
    [
      "weights",
      `${source} (${origin}), sha256 ${sha256.slice(0, 16)}…${manifest.fineTuned === undefined ? "" : `; its layers from ${manifest.fineTuned} on were trained too`}`,
    ],
    ["run", `${manifest.run}${run ? "" : " (not here)"}, model made ${manifest.createdAt}`],
    [
      "split",
      `${manifest.splitHash.slice(0, 16)}…${images ? `: ${images.train} train, ${images.validation} validation, ${images.test} test images` : ""}`,
    ],
  ];
}

/** Puts the page together: pictures are read again, and heat maps made, for what it shows. @returns the HTML document. */
export async function evaluationReport(options: ReportOptions): Promise<string> {
  const { model, result, findings, run, selected, home, unlikeReason } = options;
  const pictures = new Pictures(options);
  const shown = <T>(found: readonly T[]): readonly T[] => found.slice(0, SHOWN);
  const withPictures = <T extends { readonly image: DatasetImage }>(found: readonly T[]) =>
    Promise.all(shown(found).map(async (each) => ({ ...each, ...(await pictures.of(each.image)) })));
  await pictures.explain(
    [...shown(findings.mistakes), ...shown(findings.labelErrors)].map(({ image }) => image),
  );
  const mistakes = await withPictures(findings.mistakes);
  const labelErrors = await withPictures(findings.labelErrors);
  const unlike = await withPictures(findings.unlike ?? []);
  const duplicates = await Promise.all(
    shown(findings.nearDuplicates).map(async ({ images, ...group }) => {
      const some = images.slice(0, SHOWN_COPIES);
      const copies = some.map(async ({ image, ...rest }) => ({ ...rest, ...(await pictures.of(image)) }));
      return { ...group, images: await Promise.all(copies) };
    }),
  );
  const keptEpoch = run?.record.keptEpoch;
  const { device, id } = selected.backend;
  const machine = await machineFacts(home);
  return evaluationPage({
    model: basename(options.modelName) || options.modelName,
    dataset: `On ${options.description} (${options.datasetName}), ${new Date().toISOString().slice(0, 10)}`,
    labels: model.manifest.labels,
    evaluation: result.evaluation,
    assessment: result.assessment,
    notes: options.notes,
    ...curvesOf((await run?.readEvents()) ?? []),
    ...(keptEpoch === undefined ? {} : { keptEpoch }),
    ...{ mistakes, totalMistakes: findings.mistakes.length },
    ...{ labelErrors, totalLabelErrors: findings.labelErrors.length },
    ...{ duplicates, totalDuplicates: findings.nearDuplicates.length },
    unlike: result.distances
      ? {
          rule: result.distances.rule,
          usual: result.distances.usual,
          threshold: result.distances.threshold,
          compared: result.distances.compared,
          ...{ total: findings.unlike?.length ?? 0, images: unlike },
        }
      : { reason: unlikeReason ?? "Not known." },
    ...(options.splitGap ? { splitGap: options.splitGap } : {}),
    about: aboutFacts(options),
    machine: [
      ["graft", packageVersion()],
      ["engine", `${id}, ${device.engine} ${device.engineVersion}`],
      ["machine", `${machine.processor}, ${machine.threads} threads, ${machine.platform}`],
      ["Node", machine.node],
    ],
  });
}
