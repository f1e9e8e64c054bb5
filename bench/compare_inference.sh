#!/usr/bin/env bash
# Compares inference on the CPU, in turns, on the same exported network: this engine, ONNX Runtime, OpenVINO and
# torch.compile. The others come from PyPI into a virtual environment, build/compare_inference, unless $PYTHON names a
# Python that has them. For options and output see bench/compare_inference.py --help.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh fpanet_tool fpanet_train fpanet_predict >/dev/null
if [[ -z ${PYTHON:-} ]]; then
  venv=build/compare_inference
  if [[ ! -e $venv/ready ]]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet numpy torch onnxruntime openvino huggingface_hub safetensors
    touch "$venv/ready"
  fi
  PYTHON=$venv/bin/python
fi
exec "$PYTHON" bench/compare_inference.py "$@"
