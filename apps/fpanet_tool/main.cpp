#include "apps/cli/cli.hpp"
#include "apps/fpanet_tool/commands.hpp"

namespace fpanet {

namespace {

constexpr const char* kExamples =
    "fpanet_tool summary --image-size 320\n"
    "fpanet_tool explain --task train --batch 8\n"
    "fpanet_tool inspect --checkpoint runs/demo --image picture.jpg --mask mask.png --out inside\n"
    "fpanet_tool weights list runs/demo/checkpoints/best.safetensors\n"
    "fpanet_tool weights convert runs/demo demo.ckpt\n"
    "fpanet_tool weights convert notebook.ckpt encoder.safetensors --prefix model.encoder.\n"
    "fpanet_tool weights diff runs/a/checkpoints/best.safetensors notebook.ckpt\n"
    "fpanet_tool export --checkpoint runs/demo --out demo.onnx\n"
    "fpanet_tool gradcheck --op conv2d\n"
    "fpanet_tool check-data data/train\n"
    "fpanet_tool prepare --dataset landcover.ai landcover.ai.v1 data/landcover.ai\n"
    "fpanet_tool synth --out scenes --count 64 --size 320 --seed 1\n"
    "fpanet_tool devices\n"
    "fpanet_tool bench --task infer --batch 8 --repeat 10 --json bench.json";

}  // namespace

}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app("fpanet_tool",
                                    "Inspects models, weight files, data folders and this machine.",
                                    fpanet::kExamples);
  fpanet::Action action;
  fpanet::add_summary(*app, action);
  fpanet::add_explain(*app, action);
  fpanet::add_inspect(*app, action);
  fpanet::add_weights(*app, action);
  fpanet::add_export(*app, action);
  fpanet::add_gradcheck(*app, action);
  fpanet::add_check_data(*app, action);
  fpanet::add_prepare(*app, action);
  fpanet::add_synth(*app, action);
  fpanet::add_devices(*app, action);
  fpanet::add_bench(*app, action);
  fpanet::require_command(*app, fpanet::kExamples);
  return fpanet::run_main(*app, argc, argv, [&] { return action(); });
}
