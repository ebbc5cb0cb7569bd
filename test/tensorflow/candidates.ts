import { resolve } from "node:path";
import { createTensorflowBackend } from "@graft/backend-select";
import { refusalOf, type TestBackend } from "../backends.ts";

/** Where the engines are installed for tests, and stay: GRAFT_TENSORFLOW_HOME, else build/tensorflow-home. */
export const TENSORFLOW_HOME = resolve(
  process.env.GRAFT_TENSORFLOW_HOME || resolve(import.meta.dirname, "../../build/tensorflow-home"),
);

export const TENSORFLOW: TestBackend = {
  id: "tfjs:tensorflow",
  kind: "cpu",
  tolerance: 1e-5,
  lossTolerance: 1e-5,
  open: () => refusalOf(() => createTensorflowBackend({ variant: "tensorflow", home: TENSORFLOW_HOME })),
};

export const TENSORFLOW_CUDA: TestBackend = {
  id: "tfjs:tensorflow-cuda",
  kind: "cuda",
  // a GPU's exp and division are good for some 1e-6, and sums run in another order
  tolerance: 3e-5,
  lossTolerance: 1e-4,
  open: () => refusalOf(() => createTensorflowBackend({ variant: "tensorflow-cuda", home: TENSORFLOW_HOME })),
};
