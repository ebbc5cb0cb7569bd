"""Writes the HDF5 files of number-types.test.ts: 8 numbers of each type that weights come in, and one with LZF.

Made with h5py 3.14.0 (HDF5 1.14.6), ml_dtypes 0.6.0, NumPy 2.4.6: python make_number_types.py
"""
import h5py
import ml_dtypes
import numpy as np

# a third, the smallest and the largest of both halves' common range, a subnormal half, zeros of both signs
NUMBERS = np.array([1 / 3, -2.5, 6.1e-5, 6.0e-8, 65280, -0.0, 0.0, 1], np.float32)


def native_bfloat16(file, name):
    """A float type of 16 bits whose exponent has 8, as HDF5 2 calls bfloat16."""
    kind = h5py.h5t.IEEE_F16LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_ebias(127)
    space = h5py.h5s.create_simple(NUMBERS.shape)
    dataset = h5py.h5d.create(file.id, name, kind, space)
    bits = NUMBERS.astype(ml_dtypes.bfloat16).view(np.uint16).copy()
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, bits, mtype=kind)


with h5py.File("float16.h5", "w") as file:
    for name, kind in (("little", "<f2"), ("big", ">f2")):
        file.create_dataset(f"{name}", data=NUMBERS.astype(kind))
with h5py.File("bfloat16.h5", "w") as file:
    native_bfloat16(file, b"native")
    file.create_dataset("opaque", data=NUMBERS.astype(ml_dtypes.bfloat16))
with h5py.File("both.h5", "w") as file:
    native_bfloat16(file, b"bfloat16")
    file.create_dataset("float16", data=NUMBERS.astype("<f2"))
with h5py.File("other.h5", "w") as file:
    file.create_dataset("int8", data=NUMBERS.astype(np.int8))
    file.create_dataset("float64", data=NUMBERS.astype(np.float64))
    file.create_dataset("lzf", data=np.tile(NUMBERS, 100), compression="lzf")
