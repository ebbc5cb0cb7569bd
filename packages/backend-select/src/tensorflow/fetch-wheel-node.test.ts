import { expect, it } from "vitest";
import { cudaRequirements } from "./fetch-wheel-node.ts";

it("takes the CUDA libraries out of a wheel's metadata, and nothing of other extras", () => {
  const metadata = `Name: tensorflow
Requires-Dist: absl-py>=1.0.0
Provides-Extra: and-cuda
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7; extra == 'and-cuda'
Requires-Dist: tensorflow-io-gcs-filesystem>=0.23.1; extra == "gcs-filesystem"

nvidia-text`;
  expect(cudaRequirements(metadata)).toEqual([
    "nvidia-cublas-cu12<13.0,>=12.5.3.2",
    "nvidia-nccl-cu12<3.0,>=2.27.7",
  ]);
  expect(cudaRequirements("")).toEqual([]);
});
