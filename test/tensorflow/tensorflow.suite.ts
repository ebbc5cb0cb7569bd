import { describeBackend } from "../contract/describe-backend.ts";
import { describeHeads } from "../parity/describe-heads.ts";
import { TENSORFLOW } from "./candidates.ts";

await describeBackend(TENSORFLOW);
await describeHeads(TENSORFLOW);
