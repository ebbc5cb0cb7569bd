import { InvalidArgumentError } from "commander";

/**
 * "0.95" or "95%" → 0.95.
 * @throws InvalidArgumentError (wrong usage) for anything but a share above 0 and at most 1.
 */
export function parseShare(text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = Number(digits) / (sign ? 100 : 1);
  if (!(share > 0 && share <= 1))
    throw new InvalidArgumentError("Expected a share above 0 and at most 1, such as 0.95 or 95%.");
  return share;
}
