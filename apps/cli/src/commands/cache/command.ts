import { Option } from "commander";
import { parseByteCount } from "../../options/byte-count.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");
const loadThere = () => import("../../server/storage-there.ts");

export const cacheCommand: CommandDeclaration = {
  name: "cache",
  declare(cache) {
    cache.description("features and unpacked archives kept between runs; on a server all that takes room");
    cache
      .command("show")
      .description("size and content")
      .action(
        action(async (context) => (await load()).show(context), {
          run: async (context, server) => (await loadThere()).showStorage(context, server),
          flags: [],
        }),
      );
    cache
      .command("prune")
      .description("free space, least recently used first; keeps what runs in progress need")
      .addOption(
        new Option("--max-bytes <size>", "keep at most this much, such as 2GB")
          .argParser(parseByteCount)
          .default(0, "nothing"),
      )
      .option(
        "--only <kinds>",
        "what to free, such as features,archives; on a server also what its `graft cache show` says can go",
        (text: string) => text.split(",").map((word) => word.trim()),
      )
      .action(
        action(async (context, flags) => (await load()).prune(context, flags), {
          run: async (context, server, flags) => (await loadThere()).freeStorage(context, server, flags),
          flags: ["maxBytes", "only"],
        }),
      );
  },
};
