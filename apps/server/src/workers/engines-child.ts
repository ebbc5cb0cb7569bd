// node engines-child.js HOME VERSION [proofs [FILE]]: prints which backends can be used, and ends; what was loaded to find that out
// goes with it. With "proofs" also what each makes of fixed pictures; those in FILE are not computed again.
import { usableBackends } from "@graft/backend-select";
import { keptProofs } from "./kept-proofs.ts";
import { proofOf } from "./proof.ts";

const [home = "", version = "", what, file] = process.argv.slice(2);
const usable = await usableBackends({ home, env: process.env });
// WebAssembly and plain JavaScript would take a quarter of a minute and more; whoever has nothing quicker is no help to others
const quick = usable.filter(({ kind, automatic }) => automatic && kind !== "wasm");
const backends = usable.map(({ id, kind, automatic }) => ({ id, kind, automatic }));
const proofs =
  what === "proofs"
    ? await keptProofs(quick, { file, version, compute: (backend) => proofOf(backend, home) })
    : undefined;
process.stdout.write(JSON.stringify({ backends, proofs }));
