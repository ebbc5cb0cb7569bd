import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** A whole collection, now. */
export const collectGarbage: () => void = runInNewContext("gc");
