// What hosts graft's API in a process.
export { ProcessPredictor, type ProcessPredictorOptions } from "./predict/process-predictor.ts";
export type { ServerOptions } from "./serve/server-options.ts";
export { type RunningServer, startServer } from "./server.ts";
export { type CopiedTable, type CopyOptions, copyStore } from "./store/copy-store.ts";
export { openStore } from "./store/open-store.ts";
export type * from "./store/store.ts";
export { type RemoteWorkerOptions, workForServer } from "./workers/remote/work-for-server.ts";
