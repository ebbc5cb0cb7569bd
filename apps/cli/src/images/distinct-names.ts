/**
 * Gives file names that are distinct on every disk, also on one that takes "A.png" for "a.png" or "é" for "e" with its accent
 * (Windows, macOS): the first as it is wanted, others counted.
 * @param nameOf the name of the copy of that number, which counts from 1.
 */
export function distinctNames(): (nameOf: (copy: number) => string) => string {
  const taken = new Set<string>();
  return (nameOf) => {
    for (let copy = 1; ; copy++) {
      const name = nameOf(copy);
      // letters whose capital is two letters ("ß") are none twice
      const key = name.normalize("NFC").toUpperCase().toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      return name;
    }
  };
}
