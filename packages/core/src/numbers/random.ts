/** 32-bit hash of a text, different for each `salt` (MurmurHash3's mixing). */
function hashText(text: string, salt: number): number {
  let hash = salt ^ text.length;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0xcc9e2d51);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * Uniform numbers in [0, 1) that depend on the keys alone: the same keys (seed, purpose, image, epoch …) give the same
 * sequence on every machine and in any order of calls. Not for secrets.
 * Generator: sfc32 (http://pracrand.sourceforge.net), seeded by hashes of the keys.
 */
export function createRandom(...keys: readonly (string | number)[]): () => number {
  const text = JSON.stringify(keys);
  let a = hashText(text, 1);
  let b = hashText(text, 2);
  let c = hashText(text, 3);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}
