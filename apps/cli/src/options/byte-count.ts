import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/**
 * "2GB", "500 MB", "1.5g" or plain bytes → bytes; powers of 1000 as everywhere in graft, of 1024 for KiB, MiB, GiB.
 * @throws InvalidArgumentError (wrong usage) for anything else.
 */
export function parseByteCount(text: string): number {
  const [, digits, letter = "", binary] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text.trim()) ?? [];
  const unit = UNITS[letter.toLowerCase()];
  if (digits === undefined || unit === undefined)
    throw new InvalidArgumentError("Expected a size such as 2GB, 500MB or a number of bytes.");
  const factor = binary ? 1024 ** Math.round(Math.log10(unit) / 3) : unit;
  return Math.round(Number(digits) * factor);
}
