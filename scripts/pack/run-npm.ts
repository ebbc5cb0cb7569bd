import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs npm, whose words are seen, while this process goes on (as it must, where it is npm's registry). @throws Error when it fails. */
export async function runNpm(words: readonly string[], folder: string): Promise<void> {
  const child = spawn("npm", words, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`npm ${words[0]} ended with ${String(code)}.`);
}
