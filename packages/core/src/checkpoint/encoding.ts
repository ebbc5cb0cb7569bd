import * as z from "zod";
import { CoreError } from "../errors.ts";
import type { ByteReader } from "../files/byte-reader.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { inputFaultsText } from "../input-faults.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import {
  bestFacts,
  bestFactsSchema,
  CHECKPOINT_VERSION,
  checkpointFacts,
  checkpointFactsSchema,
} from "./facts.ts";
import { decodeTensorFile, type EncodedTensorFile, encodeTensorFile } from "./tensor-file.ts";
import type { BestEpoch, Checkpoint } from "./types.ts";

/** A checkpoint in bytes, in two parts: the kept epoch changes more seldom. */
export interface EncodedCheckpoint {
  readonly checkpoint: EncodedTensorFile;
  /** Of the kept epoch, when there is one. */
  readonly best?: EncodedTensorFile;
}

/** A part that was read, with its checksum. */
interface DecodedBest {
  readonly best: BestEpoch;
  readonly crc: number;
}
interface DecodedOwn {
  readonly checkpoint: Omit<Checkpoint, "best">;
  /** Of the kept epoch's part; an older graft noted none. */
  readonly bestCrc: number | undefined;
}

export function encodeBest(best: BestEpoch, crc32: Crc32): EncodedTensorFile {
  return encodeTensorFile({ facts: bestFacts(best), tensors: best.values }, crc32);
}

/** All of a checkpoint but its kept epoch. @param bestCrc the kept epoch's checksum, when there is one. */
export function encodeOwn(
  checkpoint: Checkpoint,
  bestCrc: number | undefined,
  crc32: Crc32,
): EncodedTensorFile {
  const facts = checkpointFacts(checkpoint, bestCrc);
  return encodeTensorFile({ facts, tensors: checkpoint.parameters }, crc32);
}

/** The bytes are the files' of a checkpoint store. They are views of the checkpoint's arrays, and change with them. */
export function encodeCheckpoint(checkpoint: Checkpoint, crc32 = inJavaScript): EncodedCheckpoint {
  const best = checkpoint.best ? encodeBest(checkpoint.best, crc32) : undefined;
  return { checkpoint: encodeOwn(checkpoint, best?.crc, crc32), ...(best ? { best } : {}) };
}

/** @throws CoreError `corrupt`; `unsupported` for a newer graft's. */
export async function decodeBest(reader: ByteReader, path: string, crc32: Crc32): Promise<DecodedBest> {
  const { facts, tensors, crc } = await decodeTensorFile(reader, path, crc32);
  return { best: { ...parseFacts(bestFactsSchema, facts, path), values: tensors }, crc };
}

/** @throws CoreError `corrupt`; `unsupported` for a newer graft's. */
export async function decodeOwn(reader: ByteReader, path: string, crc32: Crc32): Promise<DecodedOwn> {
  const { facts, tensors } = await decodeTensorFile(reader, path, crc32);
  const { bestCrc, ...parsed } = parseFacts(checkpointFactsSchema, facts, path);
  return { bestCrc, checkpoint: { ...parsed, parameters: tensors } };
}

/**
 * @param path of a kept epoch's file, for messages.
 * @throws CoreError `corrupt` for another part than the one that the checkpoint goes with.
 */
export function checkBest(crc: number, expected: number | undefined, path: string): void {
  if (expected === undefined || expected === crc) return;
  throw new CoreError("corrupt", {
    what: `${path} does not belong to the checkpoint.`,
    received: `checksum ${crc}`,
    expected: `checksum ${expected}`,
  });
}

/**
 * Reads what `encodeCheckpoint` made.
 * @throws CoreError `corrupt` for anything but whole parts that go together; `unsupported` for a newer graft's.
 */
export async function decodeCheckpoint(
  parts: { readonly checkpoint: ByteReader; readonly best?: ByteReader | undefined },
  crc32 = inJavaScript,
): Promise<Checkpoint> {
  const [checkpointPath, bestPath] = ["The checkpoint", "The checkpoint's kept epoch"];
  const { checkpoint, bestCrc } = await decodeOwn(parts.checkpoint, checkpointPath, crc32);
  if (!parts.best) {
    if (bestCrc === undefined) return { ...checkpoint, best: null };
    throw new CoreError("corrupt", { what: `${bestPath} is missing.` });
  }
  const { best, crc } = await decodeBest(parts.best, bestPath, crc32);
  checkBest(crc, bestCrc, bestPath);
  return { ...checkpoint, best };
}

function parseFacts<T>(schema: z.ZodType<T>, facts: unknown, path: string): T {
  const version = z.object({ version: z.number() }).safeParse(facts).data?.version;
  if (version !== undefined && version > CHECKPOINT_VERSION)
    throw newerVersionError(path, `version ${version}`, `version ${CHECKPOINT_VERSION}`);
  const parsed = schema.safeParse(facts);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${path} is not a checkpoint that this graft can read.`,
    received: inputFaultsText(parsed.error, facts),
  });
}
