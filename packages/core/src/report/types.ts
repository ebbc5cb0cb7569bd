import type { Part } from "../dataset/types.ts";
import type { Assessment } from "../metrics/assess.ts";
import type { TrainingDistances } from "../metrics/training-distance.ts";
import type { Evaluation } from "../metrics/types.ts";

/** What a name stands for, in words: a row of a list of facts. */
export type Fact = readonly [name: string, value: string];

/** An image in a report. */
export interface ReportPicture {
  readonly path: string;
  /** `data:` URI of a small picture; absent for one that cannot be read any more. */
  readonly picture?: string;
  /** `data:` URI of the same with what speaks for the answer coloured. */
  readonly heat?: string;
}

/** An image that the model, or its label, got wrong. */
export interface ReportAnswer extends ReportPicture {
  readonly truth: string;
  readonly said: string;
  /** Probability of what was said. */
  readonly score: number;
}

export interface ReportDuplicates {
  /** "content": the same bytes; "look": nearly the same picture. */
  readonly by: "content" | "look";
  /** They are in more than one part of the split. */
  readonly across: boolean;
  readonly images: readonly (ReportPicture & { readonly label: string; readonly part?: Part })[];
}

/** One finished epoch of the run that made the model. */
export interface ReportEpoch {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss?: number;
  readonly valAccuracy?: number;
}

/** Which evaluated images are like nothing in the training, or why that is not known. */
export type ReportUnlike =
  | { readonly reason: string }
  | {
      readonly rule: TrainingDistances["rule"];
      /** Share of ordinary pictures that are not listed, as it was measured. */
      readonly usual: number;
      /** Distance beyond which a picture is listed. */
      readonly threshold: number;
      readonly compared: number;
      readonly total: number;
      readonly images: readonly (ReportPicture & { readonly said: string; readonly distance: number })[];
    };

/** How much a split that knows no look-alikes flatters: means over several draws. */
export interface SplitGap {
  /** Validation accuracy of heads trained on splits that keep look-alikes together. */
  readonly safe: number;
  /** The same with files drawn one by one. */
  readonly random: number;
  /** Files held out of one draw. */
  readonly images: number;
  readonly draws: number;
}

/** All that a report shows. Lists may be shorter than their totals. */
export interface EvaluationReport {
  readonly model: string;
  readonly dataset: string;
  readonly labels: readonly string[];
  readonly evaluation: Evaluation;
  readonly assessment: Assessment;
  /** Things to know before the numbers are believed. */
  readonly notes: readonly string[];
  readonly epochs: readonly ReportEpoch[];
  readonly keptEpoch?: number;
  /** First epoch in which the tail was trained, too. */
  readonly fineTunedFrom?: number;
  readonly mistakes: readonly ReportAnswer[];
  readonly totalMistakes: number;
  readonly labelErrors: readonly ReportAnswer[];
  readonly totalLabelErrors: number;
  readonly duplicates: readonly ReportDuplicates[];
  readonly totalDuplicates: number;
  readonly unlike: ReportUnlike;
  readonly splitGap?: SplitGap;
  readonly about: readonly Fact[];
  readonly machine: readonly Fact[];
}
