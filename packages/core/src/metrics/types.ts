/** One class of an evaluation. A number that is not defined (no image of the class, none said to be it) is null. */
export interface ClassScore {
  readonly label: string;
  readonly images: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** How a model did on a list of images. */
export interface Evaluation {
  readonly images: number;
  /** Share of images whose most probable class is the right one. */
  readonly accuracy: number;
  /** Mean cross-entropy in nats, Keras's arithmetic (probabilities clipped at 1e-7). */
  readonly loss: number;
  /**
   * In the order of the model's labels, which `confusion` counts in, too. A list and no record by label: an object's keys
   * that are whole numbers come first and by size, in whatever order they were written.
   */
  readonly perClass: readonly ClassScore[];
  /** Mean of the classes' F1 that are defined. */
  readonly macroF1: number;
  /** [true label][label said], counts; rows and columns in the order of `perClass`. */
  readonly confusion: readonly (readonly number[])[];
}

/** What a model says of one image. */
export interface Prediction {
  /** Index of the most probable class. */
  readonly label: number;
  /** Its probability. */
  readonly score: number;
  /** One for each class, sums to 1. */
  readonly probabilities: Float32Array;
  /** How far the image is from the training, in [0, 1], of a model that has learned it (`manifest.likeness`). */
  readonly distance?: number;
}
