/** Names of a model folder's files. One weights file, not shards of 4 MB: one request, one hash, one stream. */
export const MODEL_FILES = {
  manifest: "graft.json",
  topology: "model.json",
  weights: "weights.bin",
  likeness: "likeness.bin",
  card: "README.md",
} as const;
