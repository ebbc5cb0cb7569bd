/**
 * What an alpha of 0 to 255 leaves of a byte over white: Pillow's `alpha_composite` on an opaque white picture, byte for
 * byte. https://github.com/python-pillow/Pillow/blob/13.0.0/src/libImaging/AlphaComposite.c
 */
export function overWhite(value: number, alpha: number): number {
  const sum = (value * alpha + 255 * (255 - alpha)) * 128 + (128 << 7);
  return (((sum >> 8) + sum) >> 8) >> 7;
}
