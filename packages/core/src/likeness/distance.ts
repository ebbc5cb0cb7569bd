import { dot } from "../metrics/dot.ts";

/**
 * One picture's pooled features as one vector of length 1: each layer's divided by its length, so that none outweighs the
 * other, side by side.
 * @param layers pooled features [channels] of each layer.
 */
export function likenessVector(layers: readonly Float32Array[]): Float32Array {
  const vector = new Float32Array(layers.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const layer of layers) {
    const length = Math.sqrt(dot(layer, layer) * layers.length);
    if (length > 0) for (const [i, value] of layer.entries()) vector[at + i] = value / length;
    at += layer.length;
  }
  return vector;
}

/**
 * How far a picture is from what a training's pictures span: the share of its vector, in [0, 1], that lies outside of their
 * directions. It is the residual of principal components, as in Wang et al. 2022, "ViM: Out-Of-Distribution with Virtual-logit
 * Matching", on unit vectors, and not centred.
 * @param directions at right angles and of length 1, as `unitDirections` gives them.
 * @param vector as {@link likenessVector} gives it.
 */
export function likenessDistance(directions: readonly Float32Array[], vector: Float32Array): number {
  const inside = directions.reduce((sum, direction) => sum + dot(direction, vector) ** 2, 0);
  return Math.max(0, 1 - inside);
}
