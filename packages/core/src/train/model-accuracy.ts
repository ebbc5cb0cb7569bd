import type { Metrics } from "../events/events.ts";

/** Of the model that a training gives: how often it is right on validation images; undefined without any. */
export const modelAccuracy = ({ float32ValAccuracy, valAccuracy }: Metrics): number | undefined =>
  float32ValAccuracy ?? valAccuracy;
