// What hosts graft's API in a process.
export { ProcessPredictor, type ProcessPredictorOptions } from "./predict/process-predictor.ts";
export { openStore } from "./store/open-store.ts";
export type * from "./store/store.ts";
