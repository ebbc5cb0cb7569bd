/**
 * Sliding a kernel along one axis as few products of numbers: y = C · ((A · x) ⊙ (B · w)).
 *
 * The products are those of a circular convolution in the frequency domain: x and the zeros around it form a ring of
 * `length` places, on which y[i] = Σ w[j] · x[i + j − before] is for each frequency f one product X[f] · W[f] of the
 * discrete Fourier transforms. Zeros before and after x may be the same places of the ring. x and w are real, so half of
 * the frequencies say everything: one real product for f = 0 (and for length / 2), and a complex one, made of three real
 * ones, (a + bi)(c + di): p = c(a + b), q = a(d − c), r = b(c + d), real part p − r, imaginary part p + q (Gauss's way;
 * Knuth, The Art of Computer Programming, volume 2, section 4.6.4). All factors are at most √2, so that rounding does not
 * grow as it does with Winograd's few products, whose matrices hold powers of the points they are made from.
 */

import { type Matrix, matrixOf } from "./matrix.ts";

/** The three matrices, for a kernel of k numbers over x of n, giving y of m. */
export interface CircularProduct {
  /** A [rank, n]; the rank is the number of products. */
  readonly ofImage: Matrix;
  /** B [rank, k] */
  readonly ofKernel: Matrix;
  /** C [m, rank] */
  readonly ofResult: Matrix;
}

/** The axis that a kernel slides along, without strides. */
export interface SlidAxis {
  readonly image: number;
  readonly kernel: number;
  readonly result: number;
  /** Zeros before the image. */
  readonly before: number;
}

/** How long the ring has to be: no y may reach over the zeros into the image's other end. */
const ringLength = ({ image, kernel, result, before }: SlidAxis): number =>
  image + Math.max(0, before, result + kernel - 1 - before - image);

/** How many products {@link circularProduct} takes: three for two places of the ring, less what is real. */
export const circularRank = (axis: SlidAxis): number => Math.floor((3 * ringLength(axis) - 1) / 2);

export function circularProduct(axis: SlidAxis): CircularProduct {
  const length = ringLength(axis);
  const turn = (frequency: number, place: number): number => (2 * Math.PI * frequency * place) / length;
  /** The parts of Σ v[place] · exp(−i · turn) that a place adds; the kernel's are conjugate: it is not turned round. */
  const cosine = (f: number, place: number): number => Math.cos(turn(f, place));
  const sine = (f: number, place: number): number => Math.sin(turn(f, place));
  const ofImage: ((place: number) => number)[] = [];
  const ofKernel: ((place: number) => number)[] = [];
  const ofResult: ((place: number) => number)[] = [];
  for (let f = 0; 2 * f <= length; f++) {
    const [a, b] = [(i: number) => cosine(f, i), (i: number) => -sine(f, i)];
    const [c, d] = [(j: number) => cosine(f, j - axis.before), (j: number) => sine(f, j - axis.before)];
    if (f === 0 || 2 * f === length) {
      ofImage.push(a);
      ofKernel.push(c);
      ofResult.push((i) => cosine(f, i) / length);
      continue;
    }
    ofImage.push((i) => a(i) + b(i), a, b);
    ofKernel.push(
      c,
      (j) => d(j) - c(j),
      (j) => c(j) + d(j),
    );
    // twice the real part of (p − r + (p + q)i) · exp(i · turn): the frequency −f has the conjugate
    ofResult.push(
      (i) => (2 * (cosine(f, i) - sine(f, i))) / length,
      (i) => (-2 * sine(f, i)) / length,
      (i) => (-2 * cosine(f, i)) / length,
    );
  }
  const rank = ofImage.length;
  return {
    ofImage: matrixOf(rank, axis.image, (r, i) => ofImage[r]?.(i) ?? 0),
    ofKernel: matrixOf(rank, axis.kernel, (r, j) => ofKernel[r]?.(j) ?? 0),
    ofResult: matrixOf(axis.result, rank, (i, r) => ofResult[r]?.(i) ?? 0),
  };
}
