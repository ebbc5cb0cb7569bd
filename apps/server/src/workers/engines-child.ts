// node engines-child.js HOME [proof]: prints which backends can be used, and ends; what was loaded to find that out goes with it.
import { usableBackends } from "@graft/backend-select";
import { proofOf } from "./proof.ts";

const [home = "", what] = process.argv.slice(2);
const usable = await usableBackends({ home, env: process.env });
const backends = usable.map(({ id, kind, automatic }) => ({ id, kind, automatic }));
const proof = what === "proof" ? await proofOf(home) : undefined;
process.stdout.write(JSON.stringify({ backends, proof }));
