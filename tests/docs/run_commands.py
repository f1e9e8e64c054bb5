#!/usr/bin/env python3
"""Runs the fenced commands of the documents.

usage: run_commands.py --programs FOLDER [PAGE...]

A block that begins with ```sh tested or ```python tested is run, in a temporary folder that looks
like the repository after a build: every entry of the repository, and FOLDER as build/bin. It has to
exit with 0. If blocks ```text output follow before the next tested block, then together they are
exactly what it prints. A block that begins with ```sh fails or ```python fails, an unsolved
exercise, is run, too, and has to exit with 1. A block that begins with ```sh tested gdal is skipped
where the programs have no GDAL. In docs/derivations and docs/course every
sh and python block has to be tested or to fail.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```([^`]*)$")
LIMIT_SECONDS = 300


class Block:
    def __init__(self, page, line, words):
        self.place = f"{page}:{line}"
        self.language = words[0] if words else ""
        self.mark = words[1] if len(words) > 1 else ""
        self.needs_gdal = words[2:] == ["gdal"]
        self.lines = []

    def text(self):
        return "".join(line + "\n" for line in self.lines)


def blocks_of(page):
    """The fenced blocks of a page, in order."""
    blocks, current = [], None
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if current is not None and fence and not fence.group(1).strip():
            blocks.append(current)
            current = None
        elif current is not None:
            current.lines.append(line)
        elif fence:
            current = Block(page, number, fence.group(1).split())
    if current is not None:
        raise SystemExit(f"{current.place}: this block has no end")
    return blocks


def tested_blocks(page):
    """Pairs of a block to run and its expected output, or None."""
    pairs = []
    for block in blocks_of(page):
        if block.mark in ("tested", "fails"):
            if block.language not in ("sh", "python"):
                raise SystemExit(f"{block.place}: '{block.language} {block.mark}': expected sh or "
                                 "python")
            pairs.append([block, None])
        elif block.mark == "output":
            if not pairs or pairs[-1][0].mark != "tested":
                raise SystemExit(f"{block.place}: no tested block precedes this output")
            pairs[-1][1] = (pairs[-1][1] or "") + block.text()
        elif page.startswith(("docs/derivations/", "docs/course/")):
            if block.language in ("sh", "python"):
                raise SystemExit(f"{block.place}: mark this block as tested, or as one that fails")
    return pairs


def make_room(folder, programs):
    """Fills `folder` with links, so that commands find the repository and their files go away."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith((".", "build")):
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build" / "bin").symlink_to(programs)


def has_gdal(programs):
    """Whether the programs read rasters, and GDAL's own are there."""
    devices = subprocess.run([programs / "fpanet_tool", "devices"], capture_output=True, text=True)
    return "rasters GDAL" in devices.stdout and shutil.which("gdalinfo") is not None


def first_difference(expected, printed):
    want, got = expected.splitlines(), printed.splitlines()
    for i in range(max(len(want), len(got))):
        a = want[i] if i < len(want) else "(no line)"
        b = got[i] if i < len(got) else "(no line)"
        if a != b:
            return f"output line {i + 1}\n  page:    {a}\n  printed: {b}"
    return "the outputs differ in their last newline"


def run(block, expected, folder):
    """Returns what is wrong with the block, or None."""
    command = {"sh": ["sh", "-eu"], "python": [sys.executable, "-"]}[block.language]
    try:
        done = subprocess.run(command, input=block.text(), cwd=folder, text=True,
                              capture_output=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"took more than {LIMIT_SECONDS} s"
    if block.mark == "fails":  # by its check, not by a mistake in the block
        by_check = done.returncode == 1 and not re.search("Traceback|error:", done.stderr)
        return None if by_check else f"its check has to fail\n{done.stdout}{done.stderr}"
    if done.returncode != 0:
        return f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    if expected is not None and done.stdout != expected:
        return first_difference(expected, done.stdout)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("pages", nargs="*")
    arguments = parser.parse_args()
    pages = arguments.pages or ["README.md"] + sorted(
        path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    count = failures = 0
    gdal = has_gdal(arguments.programs.resolve())
    for page in pages:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            make_room(folder, arguments.programs.resolve())
            for block, expected in tested_blocks(page):
                if block.needs_gdal and not gdal:
                    print(f"{block.place}: skipped, there is no GDAL")
                    continue
                started = time.monotonic()
                wrong = run(block, expected, folder)
                print(f"{block.place}: {'FAILED: ' + wrong if wrong else 'ok'} "
                      f"({time.monotonic() - started:.1f} s)", flush=True)
                count += 1
                failures += wrong is not None
    print(f"{count} commands, {failures} failed")
    if count == 0:
        raise SystemExit("no page has a tested block")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
