// The folders in the order of the data; see ARCHITECTURE.md.
export type * from "./backend.ts";
export type * from "./dataset/types.ts";
export * from "./errors.ts";
export type * from "./export/types.ts";
export type * from "./features/types.ts";
export * from "./graph/builder.ts";
export * from "./graph/check-inputs.ts";
export * from "./graph/graph.ts";
export { inferShape, paddingOf, sameShape, shapeText, windowedLength } from "./graph/infer-shape.ts";
export type * from "./head/types.ts";
export type * from "./image/types.ts";
export * from "./train/config.ts";
export type * from "./train/events.ts";
export type * from "./trunk/types.ts";
