import type { Predictor } from "@graft/api";

const refuse = (): never => {
  throw new TypeError("this test asks no model");
};

/** For services that no model is asked through. */
export const noPredictor: Predictor = { predict: refuse, evaluate: refuse, export: refuse };
