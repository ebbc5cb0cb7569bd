import { Argument } from "commander";
import { action, type CommandDeclaration } from "../declaration.ts";

/** Prints a shell's script, one of our own: those of the library that answers it evaluate what was typed. */
export async function printScript(shell: string): Promise<void> {
  const { COMPLETION_SCRIPTS } = await import("../../completion/completion-scripts.ts");
  process.stdout.write(COMPLETION_SCRIPTS[shell] ?? "");
}

export const completionCommand: CommandDeclaration = {
  name: "completion",
  declare: (command) =>
    command
      .description("Generate shell completion scripts")
      .addArgument(
        new Argument("<shell>", "Shell type for completion script").choices([
          "zsh",
          "bash",
          "fish",
          "powershell",
        ]),
      )
      .action(action(async (_context, _flags, shell) => printScript(shell))),
};
