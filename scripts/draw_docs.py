#!/usr/bin/env python3
"""Draws the pictures of the documents: docs/images/*.svg.

usage: draw_docs.py [--check]

With --check nothing is written, and the exit code is 1 if a picture is not what this script draws.
Only Python's standard library is needed.
"""

import argparse
import math
import pathlib
import random
import re
import sys
from ctypes import c_float

ROOT = pathlib.Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
INK, PALE, BLUE, RED, GREEN, AMBER = "#333", "#ccc", "#3b76af", "#c44e52", "#55a868", "#dd9a3c"


class Drawing:
    """An SVG on a white ground, readable in light and dark pages."""

    def __init__(self, width, height):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>']

    def add(self, part):
        self.parts.append(part)

    def rect(self, x, y, w, h, fill="none", stroke=INK, opacity=1.0, width=1):
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}" '
                 f'fill-opacity="{opacity}" stroke="{stroke}" stroke-width="{width}"/>')

    def line(self, x1, y1, x2, y2, stroke=INK, width=1, dash=""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                 f'stroke="{stroke}" stroke-width="{width}"{dashes}/>')

    def path(self, points, stroke, width=2):
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<polyline points="{text}" fill="none" stroke="{stroke}" stroke-width="{width}"/>')

    def text(self, x, y, content, anchor="start", fill=INK, size=12):
        content = content.replace("&", "&amp;").replace("<", "&lt;")
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" '
                 f'font-size="{size}">{content}</text>')

    def svg(self):
        return "\n".join(self.parts + ["</svg>"]) + "\n"


class Chart:
    """Axes in a drawing; values are given in units of the axes (or in their logarithms)."""

    def __init__(self, drawing, box, x_range, y_range):
        self.d, self.box, self.xr, self.yr = drawing, box, x_range, y_range
        x, y, w, h = box
        drawing.rect(x, y, w, h)

    def at(self, x, y):
        bx, by, w, h = self.box
        return (bx + w * (x - self.xr[0]) / (self.xr[1] - self.xr[0]),
                by + h - h * (y - self.yr[0]) / (self.yr[1] - self.yr[0]))

    def x_tick(self, x, label):
        px, py = self.at(x, self.yr[0])
        self.d.line(px, py, px, self.box[1], PALE)
        self.d.text(px, py + 16, label, "middle")

    def y_tick(self, y, label):
        px, py = self.at(self.xr[0], y)
        self.d.line(px, py, px + self.box[2], py, PALE)
        self.d.text(px - 6, py + 4, label, "end")

    def curve(self, points, stroke):
        self.d.path([self.at(x, y) for x, y in points], stroke)

    def titles(self, x_title, y_title):
        x, y, w, h = self.box
        self.d.text(x + w / 2, y + h + 36, x_title, "middle")
        self.d.text(x, y - 10, y_title)


def batch_norm_sums():
    """Relative error of a variance in float, against the mean in deviations."""
    def rounded(value):
        return c_float(value).value

    def moments(x, c):
        r = q = 0.0
        for a in x:
            d = rounded(a - c)
            r, q = rounded(r + d), rounded(q + rounded(d * d))
        return r, q

    count, size = 2048, 64
    curves = {"c = 0": [], "chunks": []}
    source = random.Random(7)
    for step in range(0, 17):
        mean = 10 ** (step / 4)
        errors = {name: 0.0 for name in curves}
        for _ in range(6):
            x = [rounded(mean + source.gauss(0, 1)) for _ in range(count)]
            m = sum(x) / count
            exact = sum((a - m) ** 2 for a in x) / count
            r, q = moments(x, 0.0)
            textbook = rounded(rounded(q / count) - rounded(rounded(r / count) ** 2))
            chunks = []
            for k in range(0, count, size):
                r, q = moments(x[k:k + size], x[k])
                chunks.append((x[k] + r / size, q - r * r / size))
            m = sum(part for part, _ in chunks) * size / count
            chunked = sum(s + size * (part - m) ** 2 for part, s in chunks) / count
            for name, value in (("c = 0", textbook), ("chunks", chunked)):
                errors[name] = max(errors[name], abs(value / exact - 1))
        for name, error in errors.items():
            curves[name].append((step / 4, math.log10(max(error, 1e-9))))
    d = Drawing(560, 300)
    chart = Chart(d, (70, 30, 360, 220), (0, 4), (-9, 3))
    for x in range(5):
        chart.x_tick(x, f"{10 ** x}")
    for y in range(-8, 3, 2):
        chart.y_tick(y, f"1e{y}" if y else "1")
    chart.curve(curves["c = 0"], RED)
    chart.curve(curves["chunks"], BLUE)
    chart.titles("mean, in deviations", "relative error of the variance, sums in float")
    d.text(440, 70, "one pass, c = 0", fill=RED)
    d.text(440, 190, "chunks", fill=BLUE)
    return d


def winograd_tiles():
    """Two neighbouring patches and their tiles."""
    d = Drawing(560, 210)
    cell = 18

    def grid(x, y, columns, rows):
        for i in range(columns + 1):
            d.line(x + i * cell, y, x + i * cell, y + rows * cell, PALE)
        for j in range(rows + 1):
            d.line(x, y + j * cell, x + columns * cell, y + j * cell, PALE)

    d.text(30, 30, "input: two patches of 6x6")
    grid(30, 45, 10, 6)
    d.rect(30, 45, 6 * cell, 6 * cell, BLUE, BLUE, 0.25, 2)
    d.rect(30 + 4 * cell, 45, 6 * cell, 6 * cell, RED, RED, 0.25, 2)
    d.text(30, 45 + 6 * cell + 18, "overlap of 2 columns: kernel width 3, minus 1")
    d.line(240, 45 + 3 * cell, 330, 45 + 3 * cell)
    d.add(f'<path d="M330 {45 + 3 * cell - 5} l10 5 l-10 5 z" fill="{INK}"/>')
    d.text(285, 45 + 3 * cell - 10, "36 products", "middle")
    d.text(285, 45 + 3 * cell + 18, "a tile", "middle")
    d.text(370, 30, "output: two tiles of 4x4")
    top = 45 + cell
    grid(370, top, 8, 4)
    d.rect(370, top, 4 * cell, 4 * cell, BLUE, BLUE, 0.25, 2)
    d.rect(370 + 4 * cell, top, 4 * cell, 4 * cell, RED, RED, 0.25, 2)
    d.text(370, 45 + 6 * cell + 18, "no overlap")
    return d


def convolution_triples():
    """The triples of input, tap and output of 7 inputs, 3 taps, stride 2 and padding 1."""
    d = Drawing(560, 220)
    colours = (BLUE, AMBER, RED)

    def input_x(a):
        return 130 + 60 * a

    def output_x(i):
        return 130 + 120 * i

    for i in range(4):
        for u in range(3):
            a = 2 * i + u - 1
            if 0 <= a < 7:
                d.line(input_x(a), 72, output_x(i), 148, colours[u], 2)
    for a in range(7):
        d.rect(input_x(a) - 14, 44, 28, 28, "#eee")
        d.text(input_x(a), 63, f"x{a}", "middle")
    for i in range(4):
        d.rect(output_x(i) - 14, 148, 28, 28, "#eee")
        d.text(output_x(i), 167, f"y{i}", "middle")
    d.text(20, 63, "input")
    d.text(20, 167, "output")
    for u in range(3):
        d.line(130 + 90 * u, 202, 150 + 90 * u, 202, colours[u], 2)
        d.text(156 + 90 * u, 206, f"tap w{u}")
    d.text(130, 26, "stride 2, padding 1: output i reads inputs 2i - 1, 2i, 2i + 1")
    return d


def softmax_pull():
    """Gradient at the labelled class's logit of two classes, against its probability."""
    d = Drawing(560, 280)
    chart = Chart(d, (60, 30, 340, 200), (0, 1), (0, 1.05))
    for tick in (0, 0.25, 0.5, 0.75, 1):
        chart.x_tick(tick, f"{tick:g}")
    for tick in (0, 0.5, 1):
        chart.y_tick(tick, f"{tick:g}")
    values = [k / 100 for k in range(101)]
    chart.curve([(p, 1 - p) for p in values], RED)
    chart.curve([(p, p * (1 - p)) for p in values], BLUE)
    chart.titles("probability of the labelled class", "pull at its logit (Dice: for a factor of 1)")
    d.text(410, 60, "cross-entropy: 1 - p", fill=RED)
    d.text(410, 190, "Dice: p (1 - p)", fill=BLUE)
    return d


def high_pass_mask():
    """The frequencies that are removed, and the first cosines."""
    d = Drawing(560, 260)
    cell = 14
    d.text(30, 26, "frequencies i, j = 0 to 13")
    for i in range(14):
        for j in range(14):
            removed = i + j <= 10
            d.rect(30 + j * cell, 40 + i * cell, cell, cell, RED if removed else "#fff", PALE, 0.5)
    d.text(30 + 7 * cell, 40 + 14 * cell + 18, "removed: i + j up to 10", "middle", RED)
    d.text(290, 26, "rows 0 to 3 of A, for N = 32")
    for k in range(4):
        base = 70 + 50 * k
        d.line(310, base, 530, base, PALE)
        scale = math.sqrt((1 if k == 0 else 2) / 32) * 80
        d.path([(310 + 220 * (n + 0.5) / 32,
                 base - scale * math.cos(math.pi * k * (2 * n + 1) / 64)) for n in range(32)], BLUE)
        d.text(290, base + 4, f"{k}")
    return d


def attention_saturation():
    """How many entries hold 90 % of a softmax of normal scores, against their deviation."""
    source = random.Random(11)

    def needed(count, sigma, tries):
        total = 0.0  # of logarithms, as the axis is logarithmic
        for _ in range(tries):
            e = sorted((math.exp(source.gauss(0, sigma)) for _ in range(count)), reverse=True)
            goal, entries = 0.9 * sum(e), 0
            while goal > 0:
                goal -= e[entries]
                entries += 1
            total += math.log10(entries)
        return total / tries

    d = Drawing(560, 300)
    chart = Chart(d, (70, 30, 350, 220), (0, 16), (0, 4))
    for x in range(0, 17, 4):
        chart.x_tick(x, f"{x}")
    for y in range(5):
        chart.y_tick(y, f"{10 ** y}")
    sigmas = [0.1] + [k / 2 for k in range(1, 33)]
    chart.curve([(s, needed(10000, s, 10)) for s in sigmas], RED)
    chart.curve([(s, needed(100, s, 200)) for s in sigmas], BLUE)
    limit = chart.at(math.sqrt(2 * math.log(10000)), 4)[0]
    d.line(limit, 30, limit, 250, INK, 1, "4 3")
    d.text(limit + 4, 46, "4.3")
    chart.titles("deviation of the scores", "entries that hold 90 %, P = 100 positions")
    d.text(430, 130, "whole map: 10000", fill=RED)
    d.text(430, 146, "entries", fill=RED)
    d.text(430, 200, "one row: 100", fill=BLUE)
    d.text(430, 216, "entries, for each", fill=BLUE)
    d.text(430, 232, "position", fill=BLUE)
    return d


def adamw_bias():
    """Running averages of a constant gradient of 1."""
    d = Drawing(560, 270)
    chart = Chart(d, (60, 30, 340, 190), (0, 50), (0, 1.1))
    for x in range(0, 51, 10):
        chart.x_tick(x, f"{x}")
    for y in (0, 0.5, 1):
        chart.y_tick(y, f"{y:g}")
    steps = range(1, 51)
    chart.curve([(t, 1) for t in steps], GREEN)
    chart.curve([(t, 1 - 0.9 ** t) for t in steps], BLUE)
    chart.curve([(t, 1 - 0.999 ** t) for t in steps], RED)
    chart.titles("step", "average of a constant gradient of 1")
    d.text(410, chart.at(50, 1)[1] - 2, "corrected", fill=GREEN)
    d.text(410, chart.at(50, 1)[1] + 16, "m, not corrected", fill=BLUE)
    d.text(410, chart.at(50, 0.05)[1] + 4, "v, not corrected", fill=RED)
    return d


def one_step_arena():
    """The arena of the listing in docs/one-step.md, over its nodes."""
    value = re.compile(r"^ +(input|out|add) +%(\d+).*? (\d+)B @(\d+) \[(-?\d+),(\d+)\](.*)$")
    node = re.compile(r"^ +(\d+) (forward|backward|update) ")
    phase, nodes, values = "input", 0, []
    for line in (ROOT / "docs" / "one-step.md").read_text().splitlines():
        if match := node.match(line):
            nodes, phase = int(match[1]) + 1, match[2]
        elif (match := value.match(line)) and match[1] != "add":
            _, name, size, offset, first, last, marks = match.groups()
            colour = (GREEN if phase == "input" else RED if phase == "backward"
                      else BLUE if "saved" in marks else "#888")
            values.append([f"%{name}", int(size), int(offset), max(int(first), 0),
                           int(last) + 1, colour])
    for entry in values:  # memory that is taken over ends where its new owner begins
        for other in values:
            if other[2] == entry[2] and entry[3] < other[3] < entry[4]:
                entry[4] = other[3]
    top = max(entry[1] + entry[2] for entry in values)
    d = Drawing(640, 400)
    left, base, column, height = 60, 330, 28, 290

    def up(offset):
        return base - height * offset / top

    for k in range(nodes + 1):
        d.line(left + k * column, up(top), left + k * column, base, PALE)
        if k < nodes:
            d.text(left + (k + 0.5) * column, base + 16, f"{k}", "middle")
    for offset in range(0, top + 1, 16384):
        d.text(left - 6, up(offset) + 4, f"{offset}", "end")
        d.line(left, up(offset), left + nodes * column, up(offset), PALE)
    for name, size, offset, first, last, colour in values:
        last = min(last, nodes)
        d.rect(left + first * column, up(offset + size), (last - first) * column,
               height * size / top, colour, INK, 0.45, 0.7)
        if size > 3000:
            d.text(left + (first + last) / 2 * column, up(offset + size / 2) + 4, name, "middle")
    d.text(left, 24, "arena, bytes")
    d.text(left + nodes * column / 2, base + 34, "node", "middle")
    for k, (colour, label) in enumerate(((GREEN, "input"), ("#888", "forward"),
                                         (BLUE, "forward, saved for backward"),
                                         (RED, "gradient"))):
        x = left + (0, 80, 175, 380)[k]
        d.rect(x, base + 46, 12, 12, colour, INK, 0.45, 0.7)
        d.text(x + 17, base + 56, label)
    return d


PICTURES = {
    "adamw_bias": adamw_bias,
    "attention_saturation": attention_saturation,
    "batch_norm_sums": batch_norm_sums,
    "convolution_triples": convolution_triples,
    "high_pass_mask": high_pass_mask,
    "one_step_arena": one_step_arena,
    "softmax_pull": softmax_pull,
    "winograd_tiles": winograd_tiles,
}


def main():
    parser = argparse.ArgumentParser(description="Draws docs/images/*.svg.")
    parser.add_argument("--check", action="store_true", help="only compare with what is there")
    arguments = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    stale = 0
    for name, draw in PICTURES.items():
        file, svg = IMAGES / f"{name}.svg", draw().svg()
        if not arguments.check:
            file.write_text(svg)
        elif not file.exists() or file.read_text() != svg:
            print(f"docs/images/{name}.svg is not what scripts/draw_docs.py draws: run the script")
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
