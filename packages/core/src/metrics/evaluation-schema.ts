import * as z from "zod";
import type { Evaluation } from "./types.ts";

const count = z.int().min(0);
const ratio = z.number().min(0).max(1).nullable();

/** An evaluation in a message. */
export const evaluationSchema: z.ZodType<Evaluation> = z.object({
  images: count,
  accuracy: z.number(),
  loss: z.number(),
  perClass: z.array(
    z.object({ label: z.string(), images: count, precision: ratio, recall: ratio, f1: ratio }),
  ),
  macroF1: z.number(),
  confusion: z.array(z.array(count)),
});
