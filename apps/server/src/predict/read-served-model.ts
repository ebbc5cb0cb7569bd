import { createHash } from "node:crypto";
import { MODEL_FILES, type Model, type ModelFolder, parseManifest, readModel } from "@graft/core";
import { modelMemoryAtMost } from "./model-memory.ts";
import type { ModelSource } from "./model-shelf.ts";
import type { RequestContext } from "./serve-requests.ts";

/** Bytes that cross to this process at once: neither side holds a model of hundreds of megabytes twice. */
const PART_BYTES = 8 * 2 ** 20;

/** A model's files, asked of the server piece by piece. */
function servedFolder(name: string, context: RequestContext): ModelFolder {
  return {
    name,
    nameOf: (path) => `${name}/${path}`,
    async read(path) {
      const size = await context.modelFileSize(path);
      if (size === undefined) return undefined;
      const bytes = new Uint8Array(size);
      for (let start = 0; start < size; start += PART_BYTES) {
        const length = Math.min(PART_BYTES, size - start);
        const part = await context.bytes({ what: "model-part", path, start, length });
        // a blob that is shorter than its row says is told by its hash
        bytes.set(part.subarray(0, length), start);
      }
      return bytes;
    },
  };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Reads the model of a request. */
export function servedModel(context: RequestContext): Promise<Model> {
  return readModel(servedFolder("the model", context), { sha256 });
}

/** @param options.batch images of a run of the engine. */
export function servedModelSource(
  context: RequestContext,
  { batch }: { readonly batch: number },
): ModelSource {
  const folder = servedFolder("the model", context);
  return {
    async bytes() {
      const manifest = await folder.read(MODEL_FILES.manifest);
      // what is absent or damaged is told when it is read
      if (!manifest) return 0;
      const { rule } = parseManifest(new TextDecoder().decode(manifest), folder.nameOf(MODEL_FILES.manifest));
      const weightsBytes = (await context.modelFileSize(MODEL_FILES.weights)) ?? 0;
      return modelMemoryAtMost(weightsBytes, { size: rule.size, batch });
    },
    read: () => servedModel(context),
  };
}
