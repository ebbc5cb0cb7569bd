import { describeBackend } from "../contract/describe-backend.ts";
import { describeFineTune } from "../parity/describe-fine-tune.ts";
import { describeHeads } from "../parity/describe-heads.ts";
import { TENSORFLOW_CUDA } from "./candidates.ts";

// a file of its own, since vitest gives each a process and a process holds one TensorFlow
await describeBackend(TENSORFLOW_CUDA);
await describeHeads(TENSORFLOW_CUDA);
await describeFineTune(TENSORFLOW_CUDA);
