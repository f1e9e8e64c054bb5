"""Makes a BMP file of every kind beside this script and, in expected.safetensors, what OpenCV reads from it.

Needs numpy, opencv-python and safetensors; made with OpenCV 5.0.0.
"""

import struct
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).parent
WIDTH, HEIGHT = 21, 11
rng = np.random.default_rng(3)
expected = {}


def rows(values, bits):
    """Bottom-up or top-down rows as they are given, each padded to 4 bytes."""
    data = b""
    for row in values:
        if bits < 8:
            packed = np.packbits(((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8))
            line = packed.tobytes()
        else:
            line = row.tobytes()
        data += line + b"\0" * (-len(line) % 4)
    return data


def save(name, bits, data, compression=0, colors=None, masks=b"", header=40, height=HEIGHT, used=None, gap=b""):
    palette = b"" if colors is None else b"".join(struct.pack("BBBB", *c, 0) for c in colors)
    if header == 12:
        palette = b"".join(struct.pack("BBB", *c) for c in colors or [])
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        used = len(colors or []) if used is None else used
        info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(data), 2835, 2835, used, 0)
        if header > 40:
            info += masks + b"\0" * (header - 40 - len(masks))
        else:
            info += masks
    offset = 14 + len(info) + len(palette) + len(gap)
    raw = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + palette + gap + data
    (HERE / name).write_bytes(raw)
    read = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    assert read is not None, name
    expected[name] = np.ascontiguousarray(read[:, :, ::-1])


def palette(count):
    return [tuple(int(v) for v in c) for c in rng.integers(0, 256, (count, 3))]


def masks(*values):
    return struct.pack(f"<{len(values)}I", *values)


for bits in (1, 4, 8):
    indices = rng.integers(0, 1 << bits, (HEIGHT, WIDTH)).astype(np.uint8)
    colors = palette(1 << bits)
    save(f"pal{bits}.bmp", bits, rows(indices, bits), colors=colors)
    save(f"pal{bits}top.bmp", bits, rows(indices, bits), colors=colors, height=-HEIGHT)
    save(f"pal{bits}os2.bmp", bits, rows(indices, bits), colors=colors, header=12)
    save(f"pal{bits}gray.bmp", bits, rows(indices, bits), colors=[(v, v, v) for v in np.linspace(0, 255, 1 << bits).astype(int)])
short = rng.integers(0, 100, (HEIGHT, WIDTH)).astype(np.uint8)
save("pal8short.bmp", 8, rows(short, 8), colors=palette(100))
save("pal8default.bmp", 8, rows(short, 8), colors=palette(256), used=0)
save("pal8v4.bmp", 8, rows(short, 8), colors=palette(252), header=108)
save("pal8v5.bmp", 8, rows(short, 8), colors=palette(252), header=124)
save("pal8gap.bmp", 8, rows(short, 8), colors=palette(252), gap=b"\1" * 8)
save("rgb24pal.bmp", 24, rows(rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8), 24), colors=palette(17))

# Runs: whole rows, literals of odd length, ends of rows, and rows that stay empty at the end.
def runs(bits):
    data = b""
    for y in range(HEIGHT - 2):
        if y % 3 == 0:
            data += bytes([WIDTH, int(rng.integers(0, 256))])
        elif y % 3 == 1:
            literal = rng.integers(0, 256, 7 if bits == 8 else 4).astype(np.uint8).tobytes()
            data += bytes([0, 7]) + literal + (b"\0" if bits == 8 else b"") + bytes([9, int(rng.integers(0, 256))])
        else:
            data += bytes([5, 0x21, 4, 0x13])
        data += bytes([0, 0])
    if bits == 4:  # OpenCV goes on after the end code until all rows are there
        data += bytes([0, 0]) * 2
    return data + bytes([0, 1])


save("rle4.bmp", 4, runs(4), compression=2, colors=palette(16))
save("rle8.bmp", 8, runs(8), compression=1, colors=palette(256))
save("rle8top.bmp", 8, runs(8), compression=1, colors=palette(256), height=-HEIGHT)
save("rle8delta.bmp", 8, bytes([3, 7, 0, 2, 4, 2, 2, 9, 0, 1]), compression=1, colors=palette(256))

wide = rng.integers(0, 65536, (HEIGHT, WIDTH)).astype(np.uint16)
save("rgb555.bmp", 16, rows(wide, 16))
save("rgb555fields.bmp", 16, rows(wide, 16), compression=3, masks=masks(0x7C00, 0x3E0, 0x1F))
save("rgb565.bmp", 16, rows(wide, 16), compression=3, masks=masks(0xF800, 0x7E0, 0x1F))
save("rgb565pal.bmp", 16, rows(wide, 16), compression=3, masks=masks(0xF800, 0x7E0, 0x1F), colors=palette(5))
four = rng.integers(0, 256, (HEIGHT, WIDTH, 4)).astype(np.uint8)
save("rgb32.bmp", 32, rows(four, 32))
save("rgb32fields.bmp", 32, rows(four, 32), compression=3, masks=masks(0xFF0000, 0xFF00, 0xFF))
save("rgb32v4.bmp", 32, rows(four, 32), compression=3, masks=masks(0xFF000000, 0xFF0000, 0xFF00, 0xFF), header=108)
save("rgb32top.bmp", 32, rows(four, 32), height=-HEIGHT)
save("rgb24.bmp", 24, rows(rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8), 24))
save_file(expected, HERE / "expected.safetensors")
