import { type Command, Help, type Option } from "commander";

const OF_A_SERVER: readonly string[] = ["server", "token", "local"];

/** Commands that are done on this computer alone, and which of the options of every command mean nothing to them. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  ...{ bench: OF_A_SERVER, completion: OF_A_SERVER, demo: OF_A_SERVER },
  ...{ engines: OF_A_SERVER, logout: OF_A_SERVER, serve: OF_A_SERVER, weights: OF_A_SERVER },
  ...{ "server token": OF_A_SERVER, "server restore": OF_A_SERVER },
  ...{ "server migrate-store": OF_A_SERVER, "server import-home": OF_A_SERVER },
  login: ["server", "local"],
};

/** The words of a command, from the program on: ["server", "restore"]. */
const wordsOf = (command: Command): readonly string[] =>
  command.parent ? [...wordsOf(command.parent), command.name()] : [];

const plain = Object.assign(new Help(), { showGlobalOptions: true });

/** The options of the program that a command's page shows: those that it hears. */
export function globalOptionsOf(command: Command): Option[] {
  const words = wordsOf(command);
  const without = WITHOUT[words[0] ?? ""] ?? WITHOUT[words.join(" ")] ?? [];
  return plain.visibleGlobalOptions(command).filter((option) => {
    const name = option.attributeName();
    return name !== "version" && !without.includes(name);
  });
}
