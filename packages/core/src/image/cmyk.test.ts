import { expect, test } from "vitest";
import { cmykToRgb } from "./cmyk.ts";

test("each ink and black rounds as Pillow's integer arithmetic does", () => {
  for (let black = 0; black < 256; black++) {
    const cmyk = Uint8Array.from({ length: 256 * 4 }, (_, at) => (at % 4 === 3 ? black : at >> 2));
    const rgb = cmykToRgb(cmyk);
    for (let ink = 0; ink < 256; ink++) {
      const light = 255 - black;
      const product = ink * light + 128;
      const expected = light - (((product >> 8) + product) >> 8);
      expect([...rgb.subarray(ink * 3, ink * 3 + 3)]).toEqual([expected, expected, expected]);
    }
  }
});
