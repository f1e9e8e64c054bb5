#!/usr/bin/env python3
"""Opens the pages that the programs write in headless Chromium, as a reader would see them.

    run.py PROGRAMS WORK

Checks of each page, in the light and the dark theme, on a wide and a narrow screen: it loads without errors and asks for
nothing outside of itself, every picture is decoded, it shows what it says, the background is that of the theme, text
differs from it, and nothing but its own scrolling parts is wider than the screen. Exits with 77, which ctest shows as
skipped, where there is no Chromium ($CHROMIUM, or one of the usual names).
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"]
# What the page is like, written where --dump-dom shows it.
PROBE = """<pre id="probe"></pre><script>addEventListener('load', () => {
  const root = document.documentElement, style = getComputedStyle(document.body);
  document.getElementById('probe').textContent = JSON.stringify({
    dark: matchMedia('(prefers-color-scheme: dark)').matches,
    background: style.backgroundColor, color: style.color, width: innerWidth,
    excess: root.scrollWidth - innerWidth,
    broken: [...document.images].filter(i => !i.naturalWidth).length, images: document.images.length,
    text: document.body.innerText + ' ' + [...document.querySelectorAll('svg text')].map(t => t.textContent).join(' ')
  });
});</script>"""
NETWORK = "--encoder resnet18 --encoder-depth 3 --decoder-channels 8,6,4 --image-size 64 --device cpu --threads 1".split()


def find_chromium():
    names = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else NAMES
    return next(filter(None, map(shutil.which, names)), None)


def brightness(color):
    return sum(int(part) for part in re.findall(r"\d+", color)[:3]) / 3


def look(chromium, page, work, dark, width):
    """The probe's answers, after checks that hold for every page."""
    probed = work / "probed.html"
    text = page.read_text()
    assert "</body>" in text and not re.search(r'(src|href)="(?!data:|#)', text), f"{page.name}: not self-contained"
    probed.write_text(text.replace("</body>", PROBE + "</body>"))
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
               f"--window-size={width},900", f"--user-data-dir={work / 'profile'}",
               f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=4000", "--dump-dom",
               probed.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    errors = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert run.returncode == 0 and not errors, f"{page.name}: {errors or run.stderr[-2000:]}"
    found = re.search(r'<pre id="probe">(.*?)</pre>', run.stdout, re.S)
    assert found and found[1], f"{page.name}: it did not load"
    seen = json.loads(html.unescape(found[1]))
    where = f"{page.name}, {'dark' if dark else 'light'}, {seen['width']} wide"
    assert seen["dark"] == dark, f"{where}: the theme was not applied"
    assert (brightness(seen["background"]) < 100) == dark, f"{where}: the background is {seen['background']}"
    assert abs(brightness(seen["background"]) - brightness(seen["color"])) > 100, f"{where}: text is hardly visible"
    assert seen["excess"] <= 0, f"{where}: {seen['excess']} pixels wider than the screen"
    assert seen["broken"] == 0, f"{where}: {seen['broken']} of {seen['images']} pictures are broken"
    return seen


def main():
    programs, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    chromium = find_chromium()
    if chromium is None:
        print("skipped: there is no Chromium; set CHROMIUM or install one of", ", ".join(NAMES))
        return 77
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)

    def tool(program, *arguments):
        subprocess.run([programs / f"fpanet_{program}", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    tool("tool", "synth", "--out", work / "scenes", "--count", 8, "--size", 64)
    tool("train", "--data", work / "scenes", *NETWORK, "--epochs", 1, "--batch-size", 4, "--quiet", "--run", work / "run")
    tool("tool", "inspect", "--checkpoint", work / "run", "--image", work / "scenes/0000_sat.jpg", "--mask",
         work / "scenes/0000_mask.png", "--layer", "model.encoder.layer1", "--out", work / "inside")
    tool("tool", "explain", *NETWORK, "--html", work / "nodes.html")
    tool("tool", "explain", *NETWORK, "--modules", "--phase", "forward", "--html", work / "layers.html")
    pages = {
        work / "inside/index.html": ["entries hold 90 % of the map", "model.encoder.layer1.0.conv1", "filters of the first"],
        work / "nodes.html": ["softmax_dice_backward", "adamw", "Arena", " ms"],
        work / "layers.html": ["batch_norm, max_pool", "model.encoder.layer1.0.conv1", "Arena"],
        work / "run/report.html": ["Confusion matrix", "Samples"],
    }
    for page, texts in pages.items():
        for dark in (False, True):
            for width in (1280, 400):
                seen = look(chromium, page, work, dark, width)
                for text in texts:
                    assert text in seen["text"], f"{page.name}: '{text}' is not shown"
        print(f"{page.name}: {seen['images']} pictures, shown in both themes and widths")
    return 0


if __name__ == "__main__":
    sys.exit(main())
