// A process that dies while an export is being compared: the file is written under its temporary name, not yet in place.
import { createOnnxBackend } from "@graft/backend-select";
import { exportHdf5 } from "@graft/core/node";
import { patchImages } from "./formats.ts";
import { smallModel } from "./sample-model.ts";

const model = smallModel();
const reference = {
  images: patchImages(1, 75),
  // the comparison is the first to ask for these
  get predictions(): never {
    process.kill(process.pid, "SIGKILL");
    throw new Error("unreachable");
  },
};
const backend = await createOnnxBackend({ provider: "cpu" });
await exportHdf5(model, process.argv[2] ?? "", { reference, backend, force: true });
