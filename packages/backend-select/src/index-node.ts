// The engines in Node, their probes and the choice between them.
export { createTfjsBackend, type TfjsDeviceName } from "./tfjs/tfjs-node.ts";
