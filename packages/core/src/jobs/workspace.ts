/**
 * What a job needs of its host, opened on first use: a process with a home folder, a server's worker, a page. Jobs know no
 * path and no platform; a host knows no method.
 */
import type { Backend } from "../backend/backend.ts";
import type { SelectedBackend } from "../backend/selection.ts";
import type { TrainConfig } from "../config/config.ts";
import type { ForeignImages } from "../dataset/foreign-images.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { BrokenFile, Dataset, DatasetImage, DatasetNote, Split } from "../dataset/types.ts";
import type { ByteProgress } from "../download/types.ts";
import type { ShardBoard } from "../features/shard.ts";
import type { FeatureStore } from "../features/types.ts";
import type { RgbImage } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import type { HeldBackAnswers } from "../predict/held-back-answers.ts";
import type { RunStore, StoredRun } from "../runs/types.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import type { TrunkWeights } from "../trunk/types.ts";

/** How a data set is to be read. */
export interface OpenDatasetRequest {
  /** To score a model one class is enough, and a class may be empty. @default "train" */
  readonly purpose?: "train" | "score" | undefined;
  /** The labels of the model that is scored: a folder of such a name is a class. @default none */
  readonly knownLabels?: readonly string[] | undefined;
  /** Images of one name prefix belong together. @default false */
  readonly groupPrefix?: boolean | undefined;
  /** Where the labels are. @default by the layout */
  readonly labelsFrom?: string | undefined;
  /** Hears how far it is. @default the workspace's own */
  readonly onEvent?: ((event: WorkspaceEvent) => void) | undefined;
}

/** Images of a host, and how they become pixels. */
export interface OpenedImages {
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
}

export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly prepare: PrepareImage;
  /** The bytes of an image's file. @throws CoreError `not-found`, `corrupt` when it is no longer the same. */
  readonly read: (image: DatasetImage) => Promise<Uint8Array>;
  /** Where the host has an image's file, for people; absent on a host without such places. */
  readonly pathOf?: (image: DatasetImage) => string;
  /** The split that the host keeps with the data set: a training takes it as it is. @default a training draws one */
  readonly split?: Split;
}

/** Images of no class. */
export interface OpenedUnlabelled extends OpenedImages {
  readonly broken: readonly BrokenFile[];
  readonly notes: readonly DatasetNote[];
  /** They lie in several folders, which are not clearly classes. */
  readonly isUnclear: boolean;
}

export interface WeightsRequest {
  /** auto, bundled, imagenet, or whatever else the host can find by a name. */
  readonly weights: string;
  /** Range that the weights expect of pixels. @default the source's own */
  readonly inputRange?: readonly [number, number] | undefined;
  /** The last block that is needed. @default the whole trunk */
  readonly cut?: CutLayer | undefined;
  /** Hears how far it is, and what is said of the weights. @default the workspace's own */
  readonly onEvent?: ((event: WorkspaceEvent) => void) | undefined;
}

/** A model, and the run that made it when that is here too: one of its id with the split that the model names. */
export interface OpenedModel {
  readonly model: Model;
  readonly run: StoredRun | undefined;
}

/** Where a model goes, and what it is tried on. */
export interface SaveModelRequest {
  readonly run: StoredRun;
  /** `RunRecord.out`. @default the run's own place */
  readonly out?: string | undefined;
  /** A model that is there may be replaced. */
  readonly mayReplace: boolean;
  /** What it is tried on. @default it is read again and its bytes are compared */
  readonly trial?:
    | {
        readonly backend: Backend;
        /** [size, size, 3] uint8 each, through the model's image rule. */
        readonly images: readonly Uint8Array[];
      }
    | undefined;
}

export interface Int8Use {
  /** Why its numbers cannot be used. */
  readonly wrong?: string;
  /** A convolution's speed, as a multiple of float32's. */
  readonly timesFaster: number;
}

/** Where the work was done, for people. */
export interface MachineFacts {
  /** "Node v20.20.2", a browser's name and version. */
  readonly runtime: string;
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
}

/** As much of a run as a worker needs that computes some of its features. */
export interface HelpedRun {
  readonly config: TrainConfig;
  readonly weights: TrunkWeights;
  /** Of images of shards that it is given. */
  readonly prepare: PrepareImage;
  /** Whether the run learns a likeness. */
  readonly learnsLikeness: boolean;
}

export interface EncodeRequest {
  /** png loses nothing; webp is small. */
  readonly format: "png" | "webp";
  /** Size of the encoded image in pixels. @default the image's own */
  readonly size?: { readonly width: number; readonly height: number };
}

/** What a job tells while it opens things; what it computes it tells by its own events. */
export type WorkspaceEvent =
  /** A line that people should read: which weights, what is assumed. */
  | { readonly type: "notice"; readonly message: string }
  /** Images that were looked at. */
  | { readonly type: "scan"; readonly done: number; readonly total: number }
  /** Bytes of a download or an unpacking. `total` is 0 where a server does not say it. */
  | { readonly type: "fetch"; readonly what: "dataset" | "weights"; readonly progress: ByteProgress };

export interface Workspace {
  /** Aborted when the host wants the work to stop; jobs end at the next step or the next few images. */
  readonly signal: AbortSignal;
  /** Hears of what is opened. */
  readonly onEvent: (event: WorkspaceEvent) => void;
  /**
   * @param name whatever the host finds a data set by: a path, a known set's name, an id.
   * @throws CoreError `not-found`, `bad-input` for what is no data set, `corrupt`, `limit`, `offline`.
   */
  openDataset(name: string, request?: OpenDatasetRequest): Promise<OpenedDataset>;
  /** True when `openDataset` could find that name without asking anybody for it: nothing would be downloaded. */
  hasDataset(name: string): Promise<boolean>;
  /** A data set's name as a person gave it: what finds it again later and from elsewhere, and what people call it. */
  locate(name: string): { readonly location: string; readonly shortName: string };
  /** Images that are in no classes; undefined for what is opened by `openDataset`. */
  openUnlabelled(name: string): Promise<OpenedUnlabelled | undefined>;
  /** @throws CoreError `not-found`, `weights-mismatch`, `offline`, `corrupt`. */
  loadWeights(request: WeightsRequest): Promise<TrunkWeights>;
  /** True when a file that weights are named by is there. */
  hasWeights(name: string): Promise<boolean>;
  /** The options with files as they are found later and from elsewhere. */
  lasting(config: TrainConfig): TrainConfig;
  /** @param name a kind or an id, which never falls back. @default the fastest usable */
  selectBackend(name?: string): Promise<SelectedBackend>;
  /** How int8 does on a backend. */
  checkInt8(backend: Backend): Promise<Int8Use>;
  /** Whether a cache of features is there already; without one nothing was kept, and `features` would make one. */
  hasFeatures(): Promise<boolean>;
  /** The cache of features. @throws CoreError `bad-input`, `disk-full` where none can be made. */
  features(): Promise<FeatureStore>;
  /** Others who may compute some of a run's features. @default nobody */
  readonly shards?: ShardBoard;
  /** Opens a run that another worker trains. @default there are none */
  openHelp?(run: string): Promise<HelpedRun>;
  readonly runs: RunStore;
  /** @param name a run's id, or whatever else the host finds a model by. @throws CoreError `not-found`, `corrupt`, `unsupported`. */
  openModel(name: string): Promise<OpenedModel>;
  /**
   * Keeps a run's model whole or not at all, and reads it again: it is done when it gives the same answers.
   * @returns where it is, for people.
   * @throws CoreError `conflict` for a place that has something else, `disk-full`, `bad-input`, `corrupt`.
   */
  saveModel(model: Model, request: SaveModelRequest): Promise<string>;
  /**
   * Keeps what a run's model says of the images that were held back, before the run's end is told.
   * @throws CoreError `disk-full`. @default nobody wants it, and it is not computed
   */
  saveAnswers?(answers: HeldBackAnswers, run: StoredRun): Promise<void>;
  /** Images that may be prepared at once: a few for each decoding thread. */
  readonly decodeAhead: number;
  /** Pixels as the bytes of an image file. */
  encode(image: RgbImage, request: EncodeRequest): Promise<Uint8Array>;
  /** Pictures of something else than any data set. @default none */
  readonly foreign?: ForeignImages;
  machine(): Promise<MachineFacts>;
  /** Work that a kill costs at most, where writing a checkpoint is quick. @default 30 s */
  readonly checkpointMs?: number;
  /** Milliseconds between two events of one kind that tell how far the work is. @default 100 */
  readonly eventIntervalMs?: number;
  /** Versions of what makes models, for their records: `{ graft: "0.1.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}
