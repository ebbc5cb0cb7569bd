/** A segment of a JPEG before its first scan's data: from its 0xFF to its end, marker and two bytes of length included. */
export interface JpegSegment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/** Start-of-frame markers, 0xC0 to 0xCF, but for the three among them that are no frame: DHT, JPG and DAC. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

export const START_OF_SCAN = 0xda;

/**
 * The segments from the start of an image up to its first start of scan, which is the last one. Bytes that belong to none
 * are passed over as libjpeg passes them over (jdmarker.c, `next_marker`): all up to an 0xFF that is neither a fill byte
 * nor followed by 0. Ends early where a segment leads out of the file. ITU-T T.81, B.1.1.
 */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  let at = 2;
  for (;;) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) return;
    if (marker === 0) {
      at += 2;
      continue;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return;
    yield { marker, start: at, end };
    if (marker === START_OF_SCAN) return;
    at = end;
  }
}
