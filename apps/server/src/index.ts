export { openStore } from "./store/open-store.ts";
export type * from "./store/store.ts";
