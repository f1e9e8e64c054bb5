"""Makes the PNG files of 16 bits and of other bands than RGB beside this script and, in deep.safetensors,
what OpenCV reads from them with IMREAD_UNCHANGED. In ../goldens/resize_types.safetensors: what OpenCV's
own code (without IPP) makes of pictures of other types than u8 and of 1 to 13 channels.

Needs numpy, opencv-python, Pillow and safetensors; made with OpenCV 5.0.0.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
rng = np.random.default_rng(2)


def rgb_order(picture):
    """OpenCV's channels in the order of the file."""
    if picture.ndim == 2:
        return picture[:, :, None]
    order = [2, 1, 0, 3][: picture.shape[2]]
    return np.ascontiguousarray(picture[:, :, order])


cv2.imwrite(str(HERE / "rgba16.png"), rng.integers(0, 65536, (9, 7, 4)).astype(np.uint16))
deep = {}
for name in ("rgba16.png", "rgb16.png", "gray16.png", "rgba.png", "gray.png", "gray.jpg"):
    deep[name] = rgb_order(cv2.imread(str(HERE / name), cv2.IMREAD_UNCHANGED))
# OpenCV reads gray and alpha as gray, so Pillow tells.
deep["gray_alpha.png"] = np.asarray(Image.open(HERE / "gray_alpha.png"))
save_file(deep, HERE / "deep.safetensors")

cv2.ipp.setUseIPP(False)
SIZES = [((13, 17), (7, 9)), ((7, 5), (13, 12)), ((14, 18), (7, 9)), ((1, 9), (3, 4)), ((11, 13), (10, 13))]
tensors = {}
for dtype in (np.uint8, np.uint16, np.int16, np.float32):
    for channels in (2, 4, 5) if dtype == np.uint8 else (1, 2, 3, 4, 5, 13):
        for (height, width), (to_height, to_width) in SIZES if channels < 13 else SIZES[1:3]:
            if dtype == np.float32:
                picture = (1000 * rng.normal(size=(height, width, channels))).astype(dtype)
            else:
                limits = np.iinfo(dtype)
                picture = rng.integers(limits.min, limits.max + 1, (height, width, channels)).astype(dtype)
            key = f"{np.dtype(dtype).name}.{channels}.{height}x{width}.{to_height}x{to_width}"
            tensors[key + ".image"] = picture
            for kind, flag in (("linear", cv2.INTER_LINEAR), ("nearest", cv2.INTER_NEAREST)):
                made = cv2.resize(picture, (to_width, to_height), interpolation=flag)
                tensors[f"{key}.{kind}"] = made.reshape(to_height, to_width, channels)
save_file(tensors, HERE.parent / "goldens" / "resize_types.safetensors")
