import { TEST_BACKENDS } from "../backends.ts";
import { describeHeads } from "./describe-heads.ts";

for (const candidate of TEST_BACKENDS) await describeHeads(candidate);
