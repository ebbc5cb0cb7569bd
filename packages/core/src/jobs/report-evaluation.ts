import type { DatasetImage } from "../dataset/types.ts";
import { throwIfCancelled } from "../errors.ts";
import type { TrainEvent } from "../events/events.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { RgbImage } from "../image/types.ts";
import type { PredictionWithFeatures } from "../predict/predict-graph.ts";
import { base64 } from "../report/base64.ts";
import { evaluationPage } from "../report/page.ts";
import type { EvaluationReport, Fact, ReportPicture } from "../report/types.ts";
import type { Evaluated } from "./evaluate-model.ts";
import { createExplainer } from "./explain.ts";
import type { MachineFacts, OpenedModel, Workspace } from "./workspace.ts";

/** Of each list a page shows so many. */
const SHOWN = 12;
/** More places of one picture than these help nobody. */
const SHOWN_COPIES = 4;
/** Side of a picture in pixels: sharp on a dense screen at the 144 that it is shown at. */
const SIDE = 240;

export interface ReportJobOptions {
  readonly model: OpenedModel;
  /** What readers call the model. */
  readonly title: string;
  /** The data set's name. */
  readonly dataset: string;
  readonly evaluated: Evaluated;
  /** How the model was trained. @default as its run says, when that is here */
  readonly training?: TrainingTold | undefined;
}

/** What a page shows of a training. */
export interface TrainingTold {
  readonly events: readonly TrainEvent[];
  readonly keptEpoch?: number | undefined;
}

type Needs = Pick<Workspace, "encode" | "machine" | "now" | "signal" | "versions">;

/** Small pictures as data: URIs, each made once; an image that cannot be read any more has none. */
class Pictures {
  readonly #workspace: Needs;
  readonly #options: ReportJobOptions;
  readonly #made = new Map<DatasetImage, Promise<ReportPicture>>();
  readonly #explained = new Map<DatasetImage, PredictionWithFeatures>();
  readonly #explainer: ReturnType<typeof createExplainer>;

  constructor(workspace: Needs, options: ReportJobOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#explainer = createExplainer(options.model.model);
  }

  /** Asks the model once more about these images; their pictures have heat maps from then on. */
  async explain(images: readonly DatasetImage[]): Promise<void> {
    const { model, evaluated } = this.#options;
    const { size } = model.model.manifest.rule;
    const views = await Promise.all(
      [...new Set(images)].map(async (image) => ({ image, pixels: await this.#pixelsOf(image, size) })),
    );
    throwIfCancelled(this.#workspace.signal);
    const usable = views.flatMap(({ image, pixels }) => (pixels ? [{ image, pixels }] : []));
    const answers = await evaluated.predictor.predictWithFeatures(usable.map(({ pixels }) => pixels));
    for (const [i, seen] of answers.entries()) {
      const image = usable[i]?.image;
      if (image) this.#explained.set(image, seen);
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
    const seen = this.#explained.get(image);
    const picture = await this.#uriOf(view);
    return seen
      ? { path, picture, heat: await this.#uriOf(this.#explainer.explain(seen, view)) }
      : { path, picture };
  }

  async #uriOf(image: RgbImage): Promise<string> {
    return `data:image/webp;base64,${base64(await this.#workspace.encode(image, { format: "webp" }))}`;
  }

  /** What the model sees of an image, at any size. */
  async #pixelsOf(image: DatasetImage, size: number): Promise<Uint8Array | undefined> {
    const { model, evaluated } = this.#options;
    try {
      const { rule } = model.model.manifest;
      return (await evaluated.opened.prepare(image, { ...rule, size }, null, [0]))[0];
    } catch (error) {
      if (isOfOneFile(error)) return undefined;
      throw error;
    }
  }
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

function aboutFacts({
  model: { model, run },
  evaluated: { chosen, result },
  training,
}: ReportJobOptions): readonly Fact[] {
  const { manifest } = model;
  const { source, origin, sha256 } = manifest.weights;
  const { images } = manifest;
  return [
    ["images", chosen.description],
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
    ["run", `${manifest.run}${run || training ? "" : " (not here)"}, model made ${manifest.createdAt}`],
    [
      "split",
      `${manifest.splitHash.slice(0, 16)}…${images ? `: ${images.train} train, ${images.validation} validation, ${images.test} test images` : ""}`,
    ],
  ];
}

async function trainingOf({ run }: OpenedModel): Promise<TrainingTold | undefined> {
  return run && { events: await run.readEvents(), keptEpoch: run.record.keptEpoch };
}

/** A runtime's name, and its version: "Node v20.20.2". */
function runtimeFact({ runtime }: MachineFacts): Fact {
  const at = runtime.lastIndexOf(" ");
  return at < 0 ? ["runtime", runtime] : [runtime.slice(0, at), runtime.slice(at + 1)];
}

/**
 * An evaluation as a page of its own: pictures are read again, and heat maps made, for what it shows.
 * @returns the HTML document.
 * @throws CoreError `cancelled`, `unreadable` for trouble of the machine.
 */
export async function reportJob(workspace: Needs, options: ReportJobOptions): Promise<string> {
  const { model, evaluated, dataset } = options;
  const { chosen, result, findings, notes, notCompared, selected, splitGap } = evaluated;
  const training = options.training ?? (await trainingOf(model));
  const pictures = new Pictures(workspace, options);
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
  const keptEpoch = training?.keptEpoch;
  const { device, id } = selected.backend;
  const machine = await workspace.machine();
  return evaluationPage({
    model: options.title,
    dataset: `On ${chosen.description} (${dataset}), ${new Date(workspace.now()).toISOString().slice(0, 10)}`,
    labels: model.model.manifest.labels,
    evaluation: result.evaluation,
    assessment: result.assessment,
    notes: notes.slice(1).map(({ message }) => message),
    ...curvesOf(training?.events ?? []),
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
      : { reason: notCompared?.reason ?? "Not known." },
    ...(splitGap ? { splitGap } : {}),
    about: aboutFacts(options),
    machine: [
      ["graft", workspace.versions.graft ?? "unknown"],
      ["engine", `${id}, ${device.engine} ${device.engineVersion}`],
      ["machine", `${machine.processor}, ${machine.threads} threads, ${machine.platform}`],
      runtimeFact(machine),
    ],
  });
}
