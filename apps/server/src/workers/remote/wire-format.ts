/**
 * Messages between a server and its remote workers as bytes. A message is 4 bytes with the length of its head, the head in
 * MessagePack, then the numbers of its arrays, one after the other: an array of a gigabyte is never copied as a whole.
 */

import { CoreError } from "@graft/core";
import { Decoder, Encoder, ExtensionCodec } from "@msgpack/msgpack";

/** A checkpoint of the largest head is 1.4 GB, and the kept epoch goes with it. */
export const MAX_BODY_BYTES = 4 * 2 ** 30;
/** A data set of 100,000 images is named in 30 MB. */
export const MAX_HEAD_BYTES = 256 * 2 ** 20;

/** Array types in the order of their numbers on the wire. */
const ARRAYS = [
  ...[Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array],
] as const;
const [ARRAY, MAP] = [1, 2];
/** Of an array in the head: its type's number, its length in bytes. */
const ARRAY_BYTES = 9;

/** The bytes of arrays, in the order in which the head names them. */
interface Bodies {
  readonly list: Uint8Array[];
  readonly maxBytes: number;
  bytes: number;
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function encodeArray(value: unknown, bodies: Bodies): Uint8Array | null {
  const type = ARRAYS.findIndex((ArrayType) => value instanceof ArrayType);
  if (type < 0 || !ArrayBuffer.isView(value)) return null;
  bodies.list.push(bytesOf(value));
  const head = new Uint8Array(ARRAY_BYTES);
  head[0] = type;
  new DataView(head.buffer).setFloat64(1, value.byteLength);
  return head;
}

/** An array whose numbers are still to come. @throws CoreError `corrupt`, `limit`. */
function decodeArray(head: Uint8Array, bodies: Bodies): unknown {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const ArrayType = ARRAYS[head[0] ?? -1];
  const bytes = head.byteLength === ARRAY_BYTES ? view.getFloat64(1) : -1;
  const isWhole =
    ArrayType && Number.isSafeInteger(bytes) && bytes >= 0 && bytes % ArrayType.BYTES_PER_ELEMENT === 0;
  if (!isWhole) throw unreadable("an array of no known type or length");
  bodies.bytes += bytes;
  if (bodies.bytes > bodies.maxBytes) throw tooLarge(bodies.bytes, bodies.maxBytes);
  const array = new ArrayType(bytes / ArrayType.BYTES_PER_ELEMENT);
  bodies.list.push(bytesOf(array));
  return array;
}

const codec = new ExtensionCodec<Bodies>();
codec.register({ type: ARRAY, encode: encodeArray, decode: (head, _, bodies) => decodeArray(head, bodies) });
codec.register({
  type: MAP,
  encode: (value, bodies) => (value instanceof Map ? encoderFor(bodies).encode([...value]) : null),
  decode(bytes, _, bodies) {
    const entries = decoderFor(bodies).decode(bytes);
    if (Array.isArray(entries)) return new Map(entries);
    throw unreadable("a map of no entries");
  },
});

const encoderFor = (context: Bodies): Encoder<Bodies> =>
  // whole numbers would lose the sign of a zero; a field that is undefined is none
  new Encoder({ context, extensionCodec: codec, forceIntegerToFloat: true, ignoreUndefined: true });
const decoderFor = (context: Bodies): Decoder<Bodies> => new Decoder({ context, extensionCodec: codec });

const unreadable = (received: string): CoreError =>
  new CoreError("corrupt", {
    what: "A message of the other side cannot be read.",
    received,
    fix: "Use the same version of graft on both sides.",
  });

const tooLarge = (received: number, most: number): CoreError =>
  new CoreError("limit", {
    what: "A message of the other side is too large.",
    received: `${received} bytes`,
    expected: `at most ${most} bytes`,
  });

/**
 * A message in frames of at most `frameBytes`, each a buffer of its own; made while they are sent.
 * @param message plain data, typed arrays and maps; a field that is undefined is left out.
 */
export function* framesOf(message: unknown, frameBytes: number): Generator<Uint8Array> {
  const bodies: Bodies = { list: [], bytes: 0, maxBytes: MAX_BODY_BYTES };
  const head = encoderFor(bodies).encode(message);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.byteLength);
  const parts = [length, head, ...bodies.list];
  let left = parts.reduce((sum, part) => sum + part.byteLength, 0);
  let frame = new Uint8Array(Math.min(frameBytes, left));
  let filled = 0;
  for (const part of parts)
    for (let start = 0; start < part.byteLength; ) {
      const taken = part.subarray(start, start + frame.byteLength - filled);
      frame.set(taken, filled);
      start += taken.byteLength;
      filled += taken.byteLength;
      left -= taken.byteLength;
      if (filled < frame.byteLength) continue;
      yield frame;
      frame = new Uint8Array(Math.min(frameBytes, left));
      filled = 0;
    }
}

/** What a reader takes; without limits of its own, the wire's. */
export interface ReaderLimits {
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** Puts frames together again. */
export class MessageReader {
  limits: ReaderLimits = { headBytes: MAX_HEAD_BYTES, bodyBytes: MAX_BODY_BYTES };
  /** What is being filled, and what then. */
  #part: Uint8Array = new Uint8Array(4);
  #filled = 0;
  #then: () => void;
  /** Arrays that wait for their numbers. */
  #bodies: Uint8Array[] = [];
  #message: { readonly value: unknown } | undefined;
  readonly #onMessage: (message: unknown) => void;

  /** @param onMessage called with each message, in order. */
  constructor(onMessage: (message: unknown) => void) {
    this.#onMessage = onMessage;
    this.#then = this.#readLength;
  }

  /** @throws CoreError `corrupt`, `limit`; nothing more can be read then. */
  read(frame: Uint8Array): void {
    for (let start = 0; start < frame.byteLength; ) {
      const taken = frame.subarray(start, start + this.#part.byteLength - this.#filled);
      this.#part.set(taken, this.#filled);
      this.#filled += taken.byteLength;
      start += taken.byteLength;
      if (this.#filled === this.#part.byteLength) this.#then();
    }
  }

  #fill(part: Uint8Array, andThen: () => void): void {
    this.#part = part;
    this.#filled = 0;
    this.#then = andThen;
  }

  readonly #readLength = (): void => {
    const length = new DataView(this.#part.buffer).getUint32(0);
    if (length === 0) throw unreadable("a message without a head");
    if (length > this.limits.headBytes) throw tooLarge(length, this.limits.headBytes);
    this.#fill(new Uint8Array(length), this.#readHead);
  };

  readonly #readHead = (): void => {
    const bodies: Bodies = { list: [], bytes: 0, maxBytes: this.limits.bodyBytes };
    try {
      this.#message = { value: decoderFor(bodies).decode(this.#part) };
    } catch (error) {
      throw error instanceof CoreError
        ? error
        : unreadable(error instanceof Error ? error.message : String(error));
    }
    this.#bodies = bodies.list.filter(({ byteLength }) => byteLength > 0);
    this.#readNext();
  };

  readonly #readNext = (): void => {
    const body = this.#bodies.shift();
    if (body) {
      this.#fill(body, this.#readNext);
      return;
    }
    const message = this.#message;
    this.#message = undefined;
    this.#fill(new Uint8Array(4), this.#readLength);
    if (message) this.#onMessage(message.value);
  };
}
