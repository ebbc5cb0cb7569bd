import type { SearchProgress } from "@graft/core";
import type { Session } from "../session/session.ts";
import { imageProgress } from "./image-progress.ts";

/** Shows how far a sweep or a test of learning rates is; testing takes seconds and is not counted. */
export function searchProgress(session: Session): (progress: SearchProgress) => void {
  const show = (line: string): void => session.status(line);
  const lines = {
    features: imageProgress("Computing features", show),
    heads: imageProgress("Training heads", show, "heads"),
    testing: () => show(""),
  } as const;
  return ({ phase, done, total }) => lines[phase](done, total);
}
