// A process that dies while it writes a model folder: the weights are there, the card and graft.json are not.
import { writeModelFolder } from "@graft/core/node";
import { smallModel } from "./sample-model.ts";

const model = smallModel();
const manifest = {
  ...model.manifest,
  // the model card is the first to ask for the metrics
  get metrics() {
    process.kill(process.pid, "SIGKILL");
    return {};
  },
};
await writeModelFolder({ ...model, manifest }, process.argv[2] ?? "", { force: true });
