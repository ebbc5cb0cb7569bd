// Every table, in an order in which each comes after those that it refers to.
export * from "./accounts.ts";
export { graft } from "./columns.ts";
export * from "./datasets.ts";
export * from "./keeping.ts";
export * from "./model-jobs.ts";
export * from "./runs.ts";
export * from "./searches.ts";
