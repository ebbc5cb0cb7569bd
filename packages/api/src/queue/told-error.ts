import { type SerializedError, serializedErrorSchema } from "@graft/core";
import type * as z from "zod";

/** Why work failed, as callers are told it. */
export const toldErrorSchema = serializedErrorSchema.omit({ stack: true });

/** A defect's stack is for who mends it; lists of an answer are its own. */
export function toldErrorOf(error: SerializedError | null): z.infer<typeof toldErrorSchema> | null {
  if (error === null) return null;
  const { stack: _, parts, facts, ...rest } = error;
  return { ...rest, facts: { ...facts }, ...(parts ? { parts } : {}) };
}
