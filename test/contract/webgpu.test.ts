import { TEST_BACKENDS } from "../backends.ts";
import { describeBackend } from "./describe-backend.ts";

// a file of its own: a software GPU takes its time, beside the other engines instead of after them
for (const candidate of TEST_BACKENDS.filter(({ kind }) => kind === "webgpu"))
  await describeBackend(candidate);
