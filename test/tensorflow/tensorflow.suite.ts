import { describeBackend } from "../contract/describe-backend.ts";
import { describeFineTune } from "../parity/describe-fine-tune.ts";
import { describeHeads } from "../parity/describe-heads.ts";
import { TENSORFLOW } from "./candidates.ts";

await describeBackend(TENSORFLOW);
await describeHeads(TENSORFLOW);
await describeFineTune(TENSORFLOW);
