#!/usr/bin/env python3
"""Runs the fuzz targets, one a processor at a time, each from its seeds, and fails on a finding.

    python3 tests/fuzz/run.py --seconds 20 build/clang/bin

Every input may take 5 s and 512 MB. New inputs go to a temporary folder; --keep DIR keeps them,
merged and minimised, as DIR/TARGET.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
SEEDS = HERE / "seeds"
TARGETS = sorted(folder.name for folder in SEEDS.iterdir())
LIMITS = ["-rss_limit_mb=512", "-timeout=5", "-max_len=16384"]
# Freed memory that AddressSanitizer holds back would count.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=16"}
DICTIONARIES = {
    "pickle": ("zip", "legacy", "tar", "unpickler"),
    "safetensors": ("safetensors", "shards", "progress"),
}


def dictionary_of(target):
    return [f"-dict={HERE / name}.dict" for name, targets in DICTIONARIES.items()
            if target in targets]


def fuzz(program, target, seconds, corpus):
    command = [program, f"-max_total_time={seconds}", *dictionary_of(target), "-verbosity=0",
               "-print_final_stats=1", f"-artifact_prefix={corpus.parent}/", *LIMITS, corpus,
               SEEDS / target]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace",
                          env=ENVIRONMENT)
    stats = dict(line.split(": ") for line in done.stderr.splitlines() if line.startswith("stat::"))
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        sys.exit(f"{program.name}: a finding")
    print(f"{program.name}: {stats['stat::number_of_executed_units'].strip()} inputs in {seconds} s,"
          f" peak {stats['stat::peak_rss_mb'].strip()} MiB, no finding", flush=True)


def minimise(program, corpus, seeds, folder):
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([program, "-merge=1", *LIMITS, folder, corpus, seeds], check=True,
                   stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of the fuzz_* programs")
    parser.add_argument("--seconds", type=int, default=20, help="per target (default 20)")
    parser.add_argument("--only", choices=TARGETS, help="only this target")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for minimised inputs")
    arguments = parser.parse_args()
    os.nice(10)

    def run(target):
        if target == "raster" and not (arguments.programs / "fuzz_raster").exists():
            print("fuzz_raster: skipped, a build without GDAL has none", flush=True)
            return
        with tempfile.TemporaryDirectory() as folder:
            corpus = pathlib.Path(folder) / "corpus"
            corpus.mkdir()
            program = arguments.programs / f"fuzz_{target}"
            fuzz(program, target, arguments.seconds, corpus)
            if arguments.keep:
                minimise(program, corpus, SEEDS / target, arguments.keep / target)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, [arguments.only] if arguments.only else TARGETS))  # raises what they do


if __name__ == "__main__":
    main()
