/** Lower and upper end of an interval in [0, 1]. */
export type Interval = readonly [number, number];

/** 97.5 % quantile of the normal distribution: 95 % lie between −z and z. */
const Z_95 = 1.959963984540054;

/**
 * 95 % interval of a share that was counted (Wilson 1927, the score interval): in [0, 1] and of use also for few images
 * and shares near 0 and 1, where ±1.96 standard errors is neither.
 * @param right of `images` images, at least 1.
 */
export function wilsonInterval(right: number, images: number): Interval {
  const share = right / images;
  const z2 = Z_95 * Z_95;
  const middle = (share + z2 / (2 * images)) / (1 + z2 / images);
  const half =
    (Z_95 / (1 + z2 / images)) * Math.sqrt((share * (1 - share)) / images + z2 / (4 * images * images));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
