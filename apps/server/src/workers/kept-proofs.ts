import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { UsableBackend } from "@graft/backend-select";
import * as z from "zod";
import type { Proofs } from "./proof.ts";

const keptSchema = z.object({ version: z.literal(1), proofs: z.record(z.string(), z.string()) });

/** All that a proof depends on: who computes it, with what, on what. */
function keyOf({ id, device }: UsableBackend, version: string): string {
  const processor = cpus()[0]?.model.trim() ?? "";
  return JSON.stringify([
    version,
    process.version,
    process.arch,
    id,
    device.engineVersion,
    device.name,
    processor,
  ]);
}

async function readKept(file: string): Promise<Proofs> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, "utf8"))).proofs;
  } catch {
    // there is none yet, or it is damaged: they are computed again
    return {};
  }
}

/**
 * Proofs of a machine's backends, those computed before from a file.
 * @param options.file where they are kept; undefined: nowhere.
 * @param options.version of graft.
 * @param options.compute the proof of one. A backend that fails has none.
 */
export async function keptProofs(
  backends: readonly UsableBackend[],
  options: {
    readonly file: string | undefined;
    readonly version: string;
    readonly compute: (backend: string) => Promise<string>;
  },
): Promise<Proofs> {
  const { file, version, compute } = options;
  const before = file === undefined ? {} : await readKept(file);
  const [kept, proofs]: [Record<string, string>, Record<string, string>] = [{}, {}];
  let isNew = false;
  for (const backend of backends) {
    const key = keyOf(backend, version);
    const proof = before[key] ?? (await compute(backend.id).catch(() => undefined));
    isNew ||= before[key] === undefined && proof !== undefined;
    if (proof !== undefined) kept[key] = proofs[backend.id] = proof;
  }
  // half a file is read as none
  if (file !== undefined && isNew) await writeFile(file, JSON.stringify({ version: 1, proofs: kept }));
  return proofs;
}
