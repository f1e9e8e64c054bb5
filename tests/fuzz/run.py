#!/usr/bin/env python3
"""Runs the fuzz targets, one a processor at a time, each from its seeds, and fails on a finding.

    python3 tests/fuzz/run.py --seconds 20 build/fuzz/bin

New inputs go to a temporary folder; --keep DIR keeps them, merged and minimised, as DIR/READER.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

READERS = ("zip", "legacy", "tar", "safetensors", "unpickler")
SEEDS = pathlib.Path(__file__).parent / "seeds"
LIMITS = ["-rss_limit_mb=1024", "-timeout=60", "-max_len=16384"]


def fuzz(program, seeds, seconds, corpus):
    dictionary = SEEDS.parent / ("safetensors.dict" if "safetensors" in program.name
                                 else "pickle.dict")
    command = [program, f"-max_total_time={seconds}", f"-dict={dictionary}", "-verbosity=0",
               "-print_final_stats=1", f"-artifact_prefix={corpus.parent}/", *LIMITS, corpus, seeds]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    stats = dict(line.split(": ") for line in done.stderr.splitlines() if line.startswith("stat::"))
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        sys.exit(f"{program.name}: a finding")
    print(f"{program.name}: {stats['stat::number_of_executed_units'].strip()} inputs in {seconds} s,"
          f" peak {stats['stat::peak_rss_mb'].strip()} MiB, no finding", flush=True)


def minimise(program, corpus, seeds, target):
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run([program, "-merge=1", *LIMITS, target, corpus, seeds], check=True,
                   stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of the fuzz_* programs")
    parser.add_argument("--seconds", type=int, default=20, help="per target (default 20)")
    parser.add_argument("--only", choices=READERS, help="this target alone")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for minimised inputs")
    arguments = parser.parse_args()
    os.nice(10)

    def run(reader):
        with tempfile.TemporaryDirectory() as folder:
            corpus = pathlib.Path(folder) / "corpus"
            corpus.mkdir()
            program = arguments.programs / f"fuzz_{reader}"
            fuzz(program, SEEDS / reader, arguments.seconds, corpus)
            if arguments.keep:
                minimise(program, corpus, SEEDS / reader, arguments.keep / reader)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, [arguments.only] if arguments.only else READERS))  # raises what they do


if __name__ == "__main__":
    main()
