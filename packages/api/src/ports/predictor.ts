/**
 * Models at work: a process beside a server, a worker of a page. One contract for both: what is asked of it never stalls who
 * asks, and an answer never depends on what others ask at the same time.
 */
import type {
  Columns,
  DatasetImage,
  ExportFormat,
  Folder,
  Part,
  SerializedError,
  Split,
  ToldEvaluation,
  TrainingTold,
} from "@graft/core";

/** A model that can be asked; it is read when it is not loaded. */
export interface ServedModel {
  /** Equal for equal models alone: the sha256 of its graft.json, which names those of all its other files. */
  readonly key: string;
  /** The model's folder. */
  readonly folder: ServedFolder;
}

/** What a model is read through, piece by piece. */
export type ServedFolder = Pick<Folder, "name" | "nameOf" | "size" | "readRange">;

export interface PredictRequest {
  readonly model: ServedModel;
  /** Image files as they are, of any format that core reads. */
  readonly pictures: readonly Uint8Array[];
  /** What in each picture speaks for a class, an index into the labels. @default nothing is explained */
  readonly explain?: { readonly label?: number | undefined } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How much each place of a picture speaks for a class, [height][width], at least 0; Grad-CAM at the cut. */
export interface HeatMapNumbers {
  /** An index into the labels. */
  readonly label: number;
  readonly height: number;
  readonly width: number;
  /** [height · width], row by row. */
  readonly data: readonly number[];
}

export interface PictureAnswer {
  /** Of the most probable class, an index into the labels. */
  readonly label: number;
  /** Its probability. */
  readonly score: number;
  /** In the labels' order. */
  readonly probabilities: readonly number[];
  /** Of a model that has learned its likeness: how far the picture is from the training, and whether that is unlike it. */
  readonly distance?: number;
  readonly unlike?: boolean;
  readonly heatMap?: HeatMapNumbers;
}

/** A picture that cannot be used; it stops no other. */
export interface RefusedPicture {
  readonly error: SerializedError;
}

export interface ModelAnswers {
  /** In the order of all probabilities. */
  readonly labels: readonly string[];
  /** One for each picture, in order. */
  readonly answers: readonly (PictureAnswer | RefusedPicture)[];
  /** Backend's id. */
  readonly backend: string;
}

/** Pictures of known class, whose bytes are asked for one by one. */
export interface LabelledPictures {
  /** For people. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly images: readonly DatasetImage[];
  /** @throws CoreError `not-found`, `corrupt`: that picture is then left out; `unreadable`. */
  read(hash: string): Promise<Uint8Array>;
}

/** What a page says of an evaluation beside its numbers. */
export interface EvaluationPage {
  /** What readers call the model. */
  readonly title: string;
  /** What they call the data set. */
  readonly dataset: string;
  readonly training: TrainingTold;
  /** Of graft. */
  readonly version: string;
}

export interface EvaluateRequest {
  readonly model: ServedModel;
  readonly pictures: LabelledPictures;
  /** @default validation where there is one, else test, else all */
  readonly part?: Part | "all" | undefined;
  /** The split that the model was trained with, for pictures that are on no side. @default they are on none */
  readonly split?: Split | undefined;
  /** Pictures of the training, for a model that has not learned what is like it. @default those among the pictures */
  readonly training?: LabelledPictures | undefined;
  /** Measure what a split that knows no look-alikes would say, too. @default false */
  readonly splitGap?: boolean | undefined;
  /** Write a page of it. @default none */
  readonly page?: EvaluationPage | undefined;
  /** Wanted share of right answers for the "not sure" threshold, in (0, 1]. @default 0.95 */
  readonly precisionTarget?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `graft evaluate` says, pictures by their paths. */
export interface ModelEvaluation extends ToldEvaluation {
  /** An HTML document with all of it; null where none was asked for. */
  readonly page: string | null;
}

export interface ExportRequest {
  readonly model: ServedModel;
  readonly format: ExportFormat;
  /** See `withColumns`. @default one a class */
  readonly columns?: Columns | undefined;
  /** Written into it: least score of an answer. @default every answer stands */
  readonly notSureBelow?: number | undefined;
  /** What it is compared on, and what int8 is calibrated on. @default embedded pictures; none for int8 */
  readonly pictures?: LabelledPictures | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is told of an export, which was read again and compared before it is there. */
export interface ExportFindings {
  /** What the output's columns are. */
  readonly output: string;
  /** Which pictures it was compared on. */
  readonly comparedOn: string;
  readonly images: number;
  /** Of a probability, at most 1e-4; null for int8. */
  readonly largestDifference: number | null;
  /** Of int8: share of pictures with the model's own label, and of right answers before and after. Null: not known. */
  readonly int8: {
    readonly agreement: number;
    readonly calibratedOn: number;
    readonly accuracyBefore: number | null;
    readonly accuracyAfter: number | null;
  } | null;
}

/** Files of an export, for as long as it is not disposed of. */
export interface MadeExport extends AsyncDisposable {
  readonly findings: ExportFindings;
  readonly files: readonly {
    /** "/" between folders. */
    readonly path: string;
    readonly bytes: number;
    /** From its start. */
    read(): AsyncIterable<Uint8Array>;
  }[];
}

export interface Predictor {
  /**
   * Asks a model about pictures. Those of different callers go through the network together; the numbers are those of
   * `graft predict` on the same engine, to the last bit for a head without a hidden layer, else within 1e-6.
   * @throws CoreError `cancelled`; `limit` for a model that is larger than all the memory for models; `corrupt`, `not-found`,
   * `unsupported` as `readModel`; `busy` when more wait already than is taken; `backend` when what answers ends for the second
   * time while it has these pictures.
   */
  predict(request: PredictRequest): Promise<ModelAnswers>;
  /** @throws CoreError as `evaluateJob` and `predict`. */
  evaluate(request: EvaluateRequest): Promise<ModelEvaluation>;
  /** Writes a model for other programs, reads it again and compares it. @throws CoreError as `exportJob`, and as `predict`. */
  export(request: ExportRequest): Promise<MadeExport>;
}
