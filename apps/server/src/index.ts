export { openStore } from "./store/open-store.ts";
export type * from "./store/store.ts";
// What hosts graft's API in a process.
export { ProcessPredictor, type ProcessPredictorOptions } from "./predict/process-predictor.ts";
