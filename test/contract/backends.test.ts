import { TEST_BACKENDS } from "../backends.ts";
import { describeBackend } from "./describe-backend.ts";

for (const candidate of TEST_BACKENDS.filter(({ kind }) => kind !== "webgpu"))
  await describeBackend(candidate);
