/**
 * CMYK to RGB as Pillow's `convert("RGB")` has it: each channel is (255 − ink)(255 − K) / 255, rounded. Not how ink looks
 * on paper (that takes a profile), but what Keras and browsers show of a file without one.
 * https://github.com/python-pillow/Pillow/blob/13.0.0/src/libImaging/Convert.c (cmyk2rgb)
 * @param cmyk four bytes a pixel, 255 = full ink.
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let read = 0, write = 0; read < cmyk.length; read += 4) {
    const light = 255 - (cmyk[read + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++)
      rgb[write++] = Math.round(((255 - (cmyk[read + channel] ?? 0)) * light) / 255);
  }
  return rgb;
}
