#!/usr/bin/env python3
"""Puts what scripts/gpu_check.sh measured into tests/gpu_record.json and docs/gpu/record.md.

    python3 scripts/gpu_record.py --work build/gpu_check    # read a run, write both files
    python3 scripts/gpu_record.py --check                   # docs/gpu/record.md agrees with the record

tests/gpu_record.json (one object; docs/gpu/record.md shows it as tables):
    commit, date, gpu, driver, libraries    what ran, and on what
    peaks      {copy_bytes_per_second, flops: {bf16, tf32, fp32}} measured on the same gpu
    checks     [{stage, name, outcome, reason, seconds}]: passed, failed, out of time, not run
    ops        [{op, precision, suite, max_error, tolerance, tensors, ok}]: CUDA against the CPU
    bench      [{name, task, batch, precision, median_seconds, images_per_second, peak_bytes}]
    groups     [{name, phase, op, nodes, seconds, flops, bytes, share_of_peak}]: where a run's time
               goes; the share is max(flops / peak, bytes / peak) over the time
    torch      rows of bench/compare_gpu.py
    graphs     {workload: number of nodes of its CUDA graph}
Whatever a run did not reach keeps its line in the tables as "not run". A run adds to the record of
the same commit and gpu, and replaces any other.
"""

import argparse
import datetime
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "tests" / "gpu_record.json"
DOCS = ROOT / "docs" / "gpu" / "record.md"
BEGIN, END = "<!-- gpu_record: begin -->", "<!-- gpu_record: end -->"
NOT_RUN = "not run"

BENCHES = [f"{workload} {precision}" for workload in ("train 16", "infer 1", "infer 8")
           for precision in ("bf16", "tf32", "fp32")]
TORCH = [f"torch {name}" for name in ("eager bf16 channels_last",
                                      "reduce-overhead bf16 channels_last")]
SANITIZERS = ["memcheck, bf16", "racecheck, fp32", "synccheck, fp32", "initcheck, fp32",
              "memcheck, fp32"]


def read_lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def read_text(path):
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def ops_of(rows):
    """Rows of parity.jsonl, one line per (suite, op, precision) with its worst tensor."""
    groups = {}
    for row in rows:
        groups.setdefault((row["suite"], row["op"], row["precision"]), []).append(row)
    ops = []
    for (suite, op, precision), found in sorted(groups.items()):
        errors = [row["error"] for row in found]
        ops.append({"suite": suite, "op": op, "precision": precision,
                    "max_error": None if None in errors else max(errors),
                    "tolerance": max(row["tolerance"] for row in found),
                    "tensors": len(found), "ok": all(row["ok"] for row in found)})
    return ops


def groups_of(name, bench, peaks):
    """Nodes of a `fpanet_tool bench --ops` run summed by phase and op."""
    groups = {}
    for node in bench.get("ops", []):
        group = groups.setdefault((node["phase"], node["op"]),
                                  {"nodes": 0, "seconds": 0, "flops": 0, "bytes": 0})
        group["nodes"] += 1
        for key in ("seconds", "flops", "bytes"):
            group[key] += node[key]
    rows = []
    for (phase, op), group in groups.items():
        share = None
        if peaks and group["seconds"] > 0:
            floor = max(group["flops"] / peaks["flops"][bench["precision"]],
                        group["bytes"] / peaks["copy_bytes_per_second"])
            share = floor / group["seconds"]
        rows.append({"name": name, "phase": phase, "op": op, **group, "share_of_peak": share})
    return sorted(rows, key=lambda row: -row["seconds"])


def read_run(work):
    gpu, _, rest = read_text(work / "gpu").partition(", ")
    peaks = read_json(work / "bench_peaks.json")
    record = {"commit": read_text(work / "commit"),
              "date": datetime.date.today().isoformat(),
              "gpu": gpu, "driver": rest.partition(", ")[0],
              "libraries": read_text(work / "devices").splitlines()[-6:],
              "peaks": peaks, "checks": read_lines(work / "stages.jsonl"),
              "ops": ops_of(read_lines(work / "parity.jsonl")),
              "bench": [], "groups": [], "torch": [], "graphs": {}}
    for path in sorted(work.glob("compare_*.json")):
        record["torch"] += [{**row, "group": path.stem} for row in
                            (read_json(path) or {}).get("rows", [])]
    for path in sorted(work.glob("bench_*.json")):
        name = path.stem.removeprefix("bench_").replace("_", " ")
        bench = read_json(path)
        if name == "peaks" or bench is None:
            continue
        if bench.get("graph_nodes"):
            record["graphs"][name.removesuffix(" ops")] = bench["graph_nodes"]
        if name.endswith(" ops"):
            record["groups"] += groups_of(name.removesuffix(" ops"), bench, peaks)
        else:
            keys = ("task", "batch", "precision", "median_seconds", "min_seconds",
                    "images_per_second", "peak_bytes")
            record["bench"].append({"name": name, **{key: bench[key] for key in keys}})
    return record


def merge(old, new):
    """A run of some stages adds to what earlier runs of the same commit and GPU found."""
    same = old and (old.get("commit"), old.get("gpu")) == (new["commit"], new["gpu"])
    if not same:
        return new
    keys = {"checks": ("stage", "name"), "ops": ("suite", "op", "precision"), "bench": ("name",),
            "groups": ("name", "phase", "op"), "torch": ("who", "task", "batch", "group")}
    merged = {**old, **new, "peaks": new["peaks"] or old.get("peaks"),
              "graphs": {**old.get("graphs", {}), **new["graphs"]}}
    for field, names in keys.items():
        rows = {tuple(row.get(n) for n in names): row for row in old.get(field, []) + new[field]}
        merged[field] = list(rows.values())
    return merged


def test_names():
    """Test cases of tests/cuda in source order: what has no outcome has not run."""
    names = []
    for path in sorted((ROOT / "tests" / "cuda").glob("*_test.cpp")):
        names += re.findall(r'^TEST_CASE\("(.*)"\) \{$', path.read_text(encoding="utf-8"), re.M)
    return names


def markdown_table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def number(value, scale=1.0, digits=3):
    return NOT_RUN if value is None else f"{value * scale:.{digits}f}"


def checks_table(record):
    outcomes = {c["name"]: c for c in record.get("checks", [])}
    wanted = test_names() + [f"compute-sanitizer {what} samples" for what in SANITIZERS]
    wanted += [f"PyTorch {setting} in turns with the engine, bf16"
               for setting in ("eager", "reduce-overhead")]
    wanted += ["Nsight Compute, five kernels"]
    wanted += [name for name in outcomes if name not in wanted]
    rows = []
    for name in wanted:
        check = outcomes.get(name)
        if check is None or check["outcome"] == NOT_RUN:
            reason = (check or {}).get("reason", "")
            rows.append([name, NOT_RUN + (f": {reason}" if reason else ""), ""])
        else:
            rows.append([name, check["outcome"], check["seconds"]])
    return markdown_table(["Check", "Outcome", "s"], rows)


def ops_table(record):
    by_op = {}
    for row in record.get("ops", []):
        by_op.setdefault(row["op"], {})[(row["suite"], row["precision"])] = row
    columns = [("samples", "fp32"), ("samples", "bf16"), ("real shapes", "fp32"),
               ("real shapes", "bf16"), ("real shapes", "tf32"), ("integers", "fp32")]

    def cell(row):
        if row is None:
            return ""
        error = "inf" if row["max_error"] is None else f"{row['max_error']:.1e}"
        return f"{error} {'' if row['ok'] else '**>** '}({row['tolerance']:.0e})"

    rows = [[op, *(cell(found.get(column)) for column in columns)]
            for op, found in sorted(by_op.items())]
    rows = rows or [[NOT_RUN] + [""] * len(columns)]
    return markdown_table(["Op", *(f"{suite}, {precision}" for suite, precision in columns)], rows)


def bench_table(record):
    found = {row["name"]: row for row in record.get("bench", [])}
    graphs = record.get("graphs", {})
    rows = []
    for name in BENCHES + [name for name in found if name not in BENCHES]:
        row = found.get(name)
        if row is None:
            rows.append([name, NOT_RUN, "", "", ""])
            continue
        rows.append([name, number(row["median_seconds"], 1e3), f"{row['images_per_second']:.0f}",
                     f"{row['peak_bytes'] / 1e6:.0f}", graphs.get(name, "")])
    return markdown_table(["Workload (batch, precision)", "ms", "images/s", "peak MB",
                           "nodes of the CUDA graph"], rows)


def torch_table(record):
    rows = []
    found = {(r["who"], f"{r['task']} {r['batch']}"): r for r in record.get("torch", [])}
    ours = {}  # the engine's best in the same turns
    for row in record.get("torch", []):
        if row["who"].startswith("fpanet") and "error" not in row:
            key = (f"{row['task']} {row['batch']}", row["group"])
            ours[key] = min(ours.get(key, row["median_seconds"]), row["median_seconds"])
    for who in TORCH:
        cells = [who]
        for workload in ("train 16", "infer 1", "infer 8"):
            row = found.get((who, workload))
            if row is None or "error" in row:
                cells.append(NOT_RUN if row is None else "failed")
                continue
            best = ours.get((workload, row["group"]))
            ratio = row["median_seconds"] / best if best else None
            cells.append(number(row["median_seconds"], 1e3) +
                         (f" ({ratio:.2f}x)" if ratio is not None else ""))
        rows.append(cells)
    return markdown_table(["PyTorch", "train 16: ms (times the engine's best)", "infer 1", "infer 8"],
                          rows)


def groups_table(record):
    rows = []
    for row in record.get("groups", []):
        if row["seconds"] <= 0:
            continue
        rows.append([row["name"], row["phase"], row["op"], row["nodes"],
                     number(row["seconds"], 1e3), f"{row['bytes'] / row['seconds'] / 1e9:.0f}",
                     f"{row['flops'] / row['seconds'] / 1e12:.1f}",
                     number(row["share_of_peak"], 100, 0) + " %"])
    rows = rows or [[NOT_RUN] + [""] * 7]
    return markdown_table(["Workload", "Phase", "Op", "Nodes", "ms", "GB/s", "TFLOP/s",
                           "Share of peak"], rows)


def peaks_table(record):
    peaks = record.get("peaks")
    flops = peaks["flops"] if peaks else {}
    rows = [["copy, read plus written", number(peaks and peaks["copy_bytes_per_second"], 1e-12, 2),
             "TB/s"]]
    rows += [[f"matrix product {p}", number(flops.get(p), 1e-12, 0), "TFLOP/s"]
             for p in ("bf16", "tf32", "fp32")]
    return markdown_table(["Peak measured on the GPU", "", ""], rows)


def render(record):
    if record.get("gpu"):
        commit, separator, _ = record["commit"].partition("-changed")
        changed = " with changes" if separator else ""
        what = (f"GPU: {record['gpu']}, driver {record['driver']}; commit "
                f"{commit[:12]}{changed}, {record['date']}.")
    else:
        what = "No GPU has run any of it yet: every line below says so."
    parts = [what, "## Checks", checks_table(record), "## Peaks", peaks_table(record),
             "## Largest error of each op against the CPU in double (and its tolerance)",
             ops_table(record), "## Speed", bench_table(record), "## PyTorch on the same GPU",
             torch_table(record), "## Where the time goes", groups_table(record)]
    return "\n\n".join(parts)


def with_tables(docs, record):
    before, begin, rest = docs.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{DOCS.name}: the lines {BEGIN} and {END} are not both there")
    return f"{before}{BEGIN}\n\n{render(record)}\n\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, help="results folder of scripts/gpu_check.sh")
    parser.add_argument("--check", action="store_true",
                        help="fail when docs/gpu/record.md is not what the record says")
    args = parser.parse_args()
    record = read_json(RECORD) or {}
    if args.work:
        run = read_run(args.work)
        if not run["gpu"]:
            raise SystemExit("no record: nvidia-smi names no GPU, so nothing has run on one")
        record = merge(record, run)
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    docs = DOCS.read_text(encoding="utf-8")
    wanted = with_tables(docs, record)
    if args.check:
        if docs != wanted:
            raise SystemExit("docs/gpu/record.md does not show tests/gpu_record.json: "
                             "run scripts/gpu_record.py")
        return
    DOCS.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
