/**
 * Which workers compute the same features to the last bit. Engines of one version differ between processors, so what a worker
 * of another machine computes is this server's only when it proved that it computes the same; else it has a space of its own,
 * with those that proved the same as it.
 */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { FeatureSpace } from "@graft/core";
import type { Proofs } from "./proof.ts";

/** What a backend's features are marked with; "": they are this server's. */
export type SpaceMarks = (backend: string) => string;

/** This machine's own workers. */
export const OWN_MARKS: SpaceMarks = () => "";

/** Long enough that no two proofs have the same. */
const MARK_LENGTH = 16;

/**
 * @param options.proofs the worker's. @param options.own the server's machine's.
 * @param options.worker nobody else's: what a backend that proved nothing computes is for itself alone.
 */
export function spaceMarks(options: {
  readonly proofs: Proofs;
  readonly own: Proofs;
  readonly worker: string;
}): SpaceMarks {
  const { proofs, own, worker } = options;
  return (backend) => {
    const proof = Object.hasOwn(proofs, backend) ? proofs[backend] : undefined;
    if (proof === undefined) return `unproven ${worker}`;
    return proof === own[backend] ? "" : proof.slice(0, MARK_LENGTH);
  };
}

/** The space of a home's cache that a worker's one is. */
export function markedSpace(space: FeatureSpace, markOf: SpaceMarks): FeatureSpace {
  const mark = markOf(space.backend);
  return mark === "" ? space : { ...space, engineVersion: `${space.engineVersion} (${mark})` };
}

/** Names a home's cache in the queue: servers of one store have caches of their own. */
export const cachePlace = (home: string): string =>
  createHash("sha256").update(`${hostname()} ${home}`).digest("hex").slice(0, 12);

/** By backend: a name that those have who compute the same features into the same cache. */
export const groupNames = (backends: readonly string[], markOf: SpaceMarks, place: string): string[] =>
  backends.map((backend) => [`${backend}@${place}`, markOf(backend)].filter((part) => part !== "").join("/"));
