import { Option } from "commander";
import { parseByteCount } from "../../options/byte-count.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");

export const cacheCommand: CommandDeclaration = {
  name: "cache",
  declare(cache) {
    cache.description("features and unpacked archives kept between runs");
    cache
      .command("show")
      .description("size and content")
      .action(action(async (context) => (await load()).show(context)));
    cache
      .command("prune")
      .description("free space, least recently used first; keeps what runs in progress need")
      .addOption(
        new Option("--max-bytes <size>", "keep at most this much, such as 2GB")
          .argParser(parseByteCount)
          .default(0, "nothing"),
      )
      .action(action(async (context, flags) => (await load()).prune(context, flags)));
  },
};
