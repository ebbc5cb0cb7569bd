/** The layers where the trunk may be cut, first to last (Keras's names). */
export const CUT_LAYERS = [
  "mixed0",
  "mixed1",
  "mixed2",
  "mixed3",
  "mixed4",
  "mixed5",
  "mixed6",
  "mixed7",
  "mixed8",
  "mixed9",
  "mixed10",
] as const;
export type CutLayer = (typeof CUT_LAYERS)[number];

export const isCutLayer = (name: string): name is CutLayer => CUT_LAYERS.some((cut) => cut === name);
