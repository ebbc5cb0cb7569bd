import { CoreError, type HeldBackAnswers } from "@graft/core";
import * as z from "zod";

/** Where a run keeps what its model says of each picture held back. */
export const ANSWERS_FILE = "answers.json";

const answersSchema = z.object({
  version: z.literal(1),
  labels: z.array(z.string()),
  hashes: z.array(z.string()),
  /** [pictures, classes] float32, little-endian, in base64. */
  probabilities: z.base64(),
});

/** Bytes of a string that `btoa` takes at a time: a call has only so many arguments. */
const AT_ONCE = 0x8000;

function base64(numbers: Float32Array): string {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [at, number] of numbers.entries()) view.setFloat32(4 * at, number, true);
  const letters: string[] = [];
  for (let start = 0; start < bytes.length; start += AT_ONCE)
    letters.push(String.fromCharCode(...bytes.subarray(start, start + AT_ONCE)));
  return btoa(letters.join(""));
}

function numbersOf(text: string): Float32Array<ArrayBuffer> {
  const view = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  return Float32Array.from({ length: Math.floor(view.byteLength / 4) }, (_, at) =>
    view.getFloat32(4 * at, true),
  );
}

export function encodeAnswers({ labels, hashes, probabilities }: HeldBackAnswers): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    JSON.stringify({ version: 1, labels, hashes, probabilities: base64(probabilities) }),
  );
}

/** @throws CoreError `corrupt`. */
export function parseAnswers(bytes: Uint8Array): HeldBackAnswers {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    json = undefined;
  }
  const parsed = answersSchema.safeParse(json);
  const probabilities = numbersOf(parsed.data?.probabilities ?? "");
  const { labels = [], hashes = [] } = parsed.data ?? {};
  if (parsed.success && probabilities.length === labels.length * hashes.length)
    return { labels, hashes, probabilities };
  throw new CoreError("corrupt", { what: "The result of a run cannot be read.", fix: "Train again." });
}
