// For tests of this and other packages: a slow, exact reference backend and what goes with it.
export { oneByOne, type RowStore } from "./features/one-by-one.ts";
export { type TestingWorkspaceOptions, testingWorkspace } from "./jobs/testing-workspace.ts";
export * from "./testing/evaluate-graph.ts";
export * from "./testing/op-cases.ts";
export * from "./testing/random.ts";
export * from "./testing/reference-backend.ts";
export type { StatePrecision } from "./testing/reference-state.ts";
export type { Tensor64 } from "./testing/tensor.ts";
export { writeNpy } from "./testing/write-npy.ts";
