import type { Ports, Services } from "@graft/api";
import { CoreError } from "@graft/core";
import type { RunFiles } from "../http/raw/file-routes.ts";

/** What a browser is told of a file; it shows none of them by itself. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ...{ json: "application/json", jsonl: "application/jsonl", md: "text/markdown; charset=utf-8" },
  ...{ html: "text/html; charset=utf-8", txt: "text/plain; charset=utf-8" },
};

/** Folders whose files are models: that one was taken away is kept. */
const MODELS = /^(model|exports)\//;

const mediaType = (path: string): string =>
  MEDIA_TYPES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";

/** The files of runs, for sending on. */
export function runFiles(
  { repository, blobs }: Pick<Ports, "repository" | "blobs">,
  { access, audit }: Pick<Services, "access" | "audit">,
): RunFiles {
  return {
    async openFile(caller, run, path) {
      await access.run(caller, run);
      const file = await repository.runs.file(run, path);
      if (!file)
        throw new CoreError("not-found", { what: "The run has no such file.", received: path.slice(0, 200) });
      const { hash, bytes } = file;
      return {
        ...{ hash, bytes, mediaType: mediaType(path), name: path.slice(path.lastIndexOf("/") + 1) },
        async stream(range) {
          if (MODELS.test(path)) await audit.note(caller, "model-downloaded", { run, path });
          return blobs.stream(hash, range);
        },
      };
    },
  };
}
