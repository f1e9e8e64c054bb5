#!/usr/bin/env python3
"""What nvcc makes of the kernels: registers, spills and vector stores. Needs nvcc, but no GPU.

    python3 scripts/device_code.py [--nvcc nvcc] [--arch sm_90] [--work build/device_code]
                                   [--jobs N] [--show] [SOURCE ...]

Compiles every kernels/*.cu and kernels/*/*.cu, and fails if a kernel
  * spills registers to memory,
  * uses more registers than its ceiling below, so that fewer blocks fit on a multiprocessor,
  * stores fewer vectors of 16 bytes than the table says (st.global.v4 in PTX): a store that is
    divided into four writes each sector of 32 bytes of memory several times,
  * does not wait for the kernels before it (griddepcontrol.wait), on architectures where it may be
    launched while they run.
Results are kept in --work and taken from there as long as the sources, the headers and nvcc stay
the same. --show prints all of them. Exit status 77: there is no nvcc.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", f"-I{ROOT}", "--fmad=false", "--expt-relaxed-constexpr", "--extended-lambda"]

# A block has 256 threads at most, and a multiprocessor 65536 registers: 128 for two blocks, 80 for
# three, 64 for four.
CEILING = 128
CEILINGS = {  # the demangled name begins with -> registers
    "ColumnSumsKernel<fpanet::bfloat16, BatchNormGradientTerms<fpanet::bfloat16, true": 80,
    "ColumnMapKernel<fpanet::bfloat16, BatchNormGradientApply<fpanet::bfloat16, true": 80,
    "BatchNormTrain<fpanet::bfloat16, true": 64,
    "ColumnSumsKernel<fpanet::bfloat16, StatisticsTerms<fpanet::bfloat16, true": 64,
    "ElementwiseKernel": 64,
    "ConcatKernel": 40,
    # Three blocks of 128 threads, which hold a column of coefficients in registers.
    "HighPassSubtractKernel": 176,
    "AssembleKernel": 176,
    "UpsampleConcatGradientKernel": 64,
}
VECTOR_STORES = {  # the demangled name begins with -> at least so many st.global.v4
    "ConcatKernel": 2,
    "ConcatGradientKernel": 4,
    "UpsampleConcatGradientKernel": 4,
    "ElementwiseKernel": 1,
    "AdamWKernel": 3,
    "BatchNormTrain<fpanet::bfloat16, true": 1,
    "BatchNormTrain<float, true": 1,
    "ColumnMapKernel<fpanet::bfloat16, BatchNormGradientApply<fpanet::bfloat16, true": 2,
    "ColumnMapKernel<float, BatchNormGradientApply<float, true": 2,
    "MaxPoolKernel": 1,
    "MaxPoolGradientKernel": 1,
    "MaxPool3x3Kernel": 1,
    "MaxPool3x3GradientKernel": 1,
    "ApplyKernel": 1,
}


def sources():
    return sorted([*ROOT.glob("kernels/*.cu"), *ROOT.glob("kernels/*/*.cu")])


def demangled(names):
    if not names or shutil.which("c++filt") is None:
        return dict(zip(names, names))
    out = subprocess.run(["c++filt"], input="\n".join(names), text=True, capture_output=True,
                         check=True).stdout.splitlines()
    plain = []
    for name in out:
        name = re.sub(r"fpanet::kernels::|\(anonymous namespace\)::", "", name)
        plain.append(re.sub(r"^void run_blocks<| ?>\([^()]*\)?.*$", "", name))
    return dict(zip(names, plain))


def kernels_of(log, ptx):
    """{mangled name: {registers, spilled, vector_stores}} of one file."""
    found = {}
    name, spilled = None, 0
    for line in log.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)'", line):
            name = match[1]
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(match[1]) + int(match[2])
        elif name and (match := re.search(r"Used (\d+) registers", line)):
            found[name] = {"registers": int(match[1]), "spilled": spilled, "vector_stores": 0,
                           "waits": False}
            name = None
    for part in re.split(r"\.entry\s+", ptx)[1:]:
        entry = re.match(r"\w+", part)[0]
        if entry in found:
            found[entry]["vector_stores"] = len(re.findall(r"st\.global\.v4", part))
            # Kernels of libraries, which have another name, are never launched early.
            found[entry]["waits"] = "griddepcontrol.wait" in part or "run_blocks" not in entry
    return found


def name_of(path):
    return str(path.relative_to(ROOT)).replace("/", "_")


def compile_file(path, args):
    work = args.work / name_of(path)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    command = [args.nvcc, *FLAGS, f"-arch={args.arch}", "-Xptxas", "-v", "--keep", "--keep-dir",
               str(work), "-cubin", str(path), "-o", str(work / "code.cubin")]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{path.relative_to(ROOT)}: nvcc fails:\n{run.stderr}")
    ptx = "".join(found.read_text(encoding="utf-8") for found in work.glob("*.ptx"))
    shutil.rmtree(work)
    return kernels_of(run.stdout + run.stderr, ptx)


def key_of(path, args, headers):
    text = hashlib.sha256(headers + path.read_bytes())
    text.update(f"{args.arch} {FLAGS[2:]} {args.version} {kernels_of.__code__.co_code}".encode())
    return text.hexdigest()


def measure(path, args, headers):
    kept = args.work / f"{name_of(path)}.json"
    key = key_of(path, args, headers)
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["kernels"]
    except (OSError, ValueError, KeyError):
        pass
    kernels = compile_file(path, args)
    kept.write_text(json.dumps({"key": key, "kernels": kernels}, indent=1), encoding="utf-8")
    return kernels


def problems_of(name, kernel, may_overlap):
    ceiling = next((c for part, c in CEILINGS.items() if name.startswith(part)), CEILING)
    least = max((n for part, n in VECTOR_STORES.items() if name.startswith(part)), default=0)
    if kernel["spilled"]:
        yield f"spills {kernel['spilled']} bytes"
    if kernel["registers"] > ceiling:
        yield f"uses {kernel['registers']} registers; its ceiling is {ceiling}"
    if may_overlap and not kernel["waits"]:
        yield "does not wait for the kernels before it"
    if kernel["vector_stores"] < least:
        yield f"has {kernel['vector_stores']} stores of 16 bytes; at least {least} are expected"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nvcc", default=shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc")
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "device_code")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", action="store_true", help="print every kernel")
    parser.add_argument("files", nargs="*", type=pathlib.Path, metavar="SOURCE")
    args = parser.parse_args()
    if shutil.which(args.nvcc) is None:
        print("skipped: there is no nvcc")
        return 77
    args.version = subprocess.run([args.nvcc, "--version"], capture_output=True, text=True,
                                  check=True).stdout
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    headers = b"".join(path.read_bytes() for path in sorted(
        [*ROOT.glob("kernels/**/*.hpp"), *ROOT.glob("kernels/cuda/*.cuh"),
         *ROOT.glob("engine/core/*.hpp")]))
    files = [path.resolve() for path in args.files] or sources()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda path: measure(path, args, headers), files))
    failed = count = 0
    for path, kernels in zip(files, results):
        names = demangled(list(kernels))
        for mangled, kernel in kernels.items():
            count += 1
            name = names[mangled]
            if args.show:
                print(f"{path.name}: {kernel['registers']} registers, {kernel['spilled']} bytes "
                      f"spilled, {kernel['vector_stores']} vector stores: {name}")
            for problem in problems_of(name, kernel, int(args.arch.removeprefix("sm_")) >= 90):
                failed += 1
                print(f"{path.relative_to(ROOT)}: {name} {problem}")
    print(f"{count} kernels of {len(files)} files for {args.arch}: "
          f"{failed or 'no'} problem{'' if failed == 1 else 's'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
