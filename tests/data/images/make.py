"""Makes the files beside this script and, in expected.safetensors, what OpenCV reads from them.

Needs numpy, opencv-python, Pillow and safetensors; made with OpenCV 5.0.0 and Pillow 13.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
rng = np.random.default_rng(1)
rgb = cv2.GaussianBlur(rng.integers(0, 256, (17, 23, 3), dtype=np.uint8), (0, 0), 1.5)
rgb = cv2.normalize(rgb, None, 0, 255, cv2.NORM_MINMAX)
alpha = rng.integers(0, 256, rgb.shape[:2], dtype=np.uint8)
picture = Image.fromarray(rgb)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


picture.save(HERE / "444.jpg", quality=90, subsampling=0)
picture.save(HERE / "420.jpg", quality=80, subsampling=2)
picture.save(HERE / "progressive.jpg", quality=70, progressive=True)
picture.convert("L").save(HERE / "gray.jpg")
picture.convert("CMYK").save(HERE / "cmyk.jpg")
for orientation in range(2, 9):
    picture.save(HERE / f"turned{orientation}.jpg", exif=turned(orientation))
picture.save(HERE / "turned6.png", exif=turned(6))
picture.save(HERE / "rgb.png")
picture.convert("L").save(HERE / "gray.png")
picture.convert("1").save(HERE / "bits.png")
Image.fromarray(rgb[:, :, 0] // 16).save(HERE / "gray4.png", bits=4)
picture.convert("P", palette=Image.ADAPTIVE).save(HERE / "palette.png", transparency=3)
Image.fromarray(np.dstack([rgb, alpha])).save(HERE / "rgba.png")
Image.fromarray(np.dstack([rgb, alpha])).convert("LA").save(HERE / "gray_alpha.png")
cv2.imwrite(str(HERE / "rgb16.png"), rng.integers(0, 65536, (9, 7, 3)).astype(np.uint16))
cv2.imwrite(str(HERE / "gray16.png"), rng.integers(0, 65536, (9, 7)).astype(np.uint16))
picture.save(HERE / "rgb.bmp")
picture.convert("P").save(HERE / "palette.bmp")

files = sorted(p for p in HERE.iterdir() if p.suffix in (".jpg", ".png", ".bmp"))
expected = {p.name: np.ascontiguousarray(cv2.imread(str(p))[:, :, ::-1]) for p in files}
save_file(expected, HERE / "expected.safetensors")
