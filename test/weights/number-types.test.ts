import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withHdf5 } from "../../packages/core/src/weights/hdf5.ts";

/** The numbers of a golden file's dataset, as golden/make_number_types.py wrote them. */
function read(file: string, variable: string): Promise<number[]> {
  const bytes = readFileSync(join(import.meta.dirname, "golden", file));
  return withHdf5(bytes, file, (found) => {
    const tensor = found.find((one) => one.variable === variable);
    if (!tensor) throw new Error(`${file} has no ${variable}`);
    return [...tensor.read()];
  });
}

// NumPy 2.4.6 and ml_dtypes 0.6.0 print these of their own types, widened to float64
const FLOAT16 = [0.333251953125, -2.5, 6.097555160522461e-5, 2 ** -24, 65280, -0, 0, 1];
const BFLOAT16 = [0.333984375, -2.5, 6.103515625e-5, 6.007030606269836e-8, 65280, -0, 0, 1];

test.each(["little", "big"])("float16 in %s-endian order is widened exactly", async (order) => {
  expect(await read("float16.h5", order)).toEqual(FLOAT16);
});

test.each(["native", "opaque"])("bfloat16, %s, is widened exactly", async (kind) => {
  expect(await read("bfloat16.h5", kind)).toEqual(BFLOAT16);
});

test("float64 is rounded to float32", async () => {
  const [third, ...others] = await read("other.h5", "float64");
  expect(third).toBe(Math.fround(1 / 3));
  expect(others).toHaveLength(7);
});

test("two kinds of halves in one file are refused: the library tells them apart by nothing", async () => {
  await expect(read("both.h5", "float16")).rejects.toThrow(
    /type that graft cannot read.*float16 beside bfloat16/,
  );
});

test("integers are refused by their type, a compression by its name", async () => {
  await expect(read("other.h5", "int8")).rejects.toThrow(
    /other\.h5 has a type that graft cannot read.*float32, float64, float16 or bfloat16.*before any quantisation/,
  );
  await expect(read("other.h5", "lzf")).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/other\.h5 are compressed with LZF.*compression='gzip'/),
  });
});
