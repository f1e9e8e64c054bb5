#include "kernels/cudnn/plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"

namespace fpanet::kernels {
namespace {

/// Maximum number of engines taken from the ranked list of the heuristics.
constexpr std::int64_t kMostEngines = 64;

/// Reads an integer and removes it from the start of `text`.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool is_acceptable(const CudnnDescriptor& engine, DType dtype, EngineDemands demands) {
  const auto notes = engine.get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE);
  return std::none_of(notes.begin(), notes.end(), [&](cudnnBackendNumericalNote_t note) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
        return demands.deterministic;
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
        return dtype == DType::f32 && !demands.allow_tf32;
      case CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP:
      case CUDNN_NUMERICAL_NOTE_TYPE_COUNT:
        return false;
      default:  // FFT, Winograd, sums in reduced precision
        return true;
    }
  });
}

EngineChoice choice_of(const CudnnDescriptor& configuration, const CudnnDescriptor& engine) {
  EngineChoice choice{.engine = engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX).front()};
  for (const CudnnDescriptor& knob :
       configuration.get(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                         CUDNN_KNOB_TYPE_COUNTS)) {
    choice.knobs.emplace_back(
        knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE).front(),
        knob.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE).front());
  }
  return choice;
}

}  // namespace

std::string EngineChoice::str() const {
  std::string text = fmt::format("engine{}", engine);
  for (const auto& [type, value] : knobs) text += fmt::format(" {}={}", type, value);
  return text;
}

std::optional<EngineChoice> EngineChoice::parse(std::string_view text) {
  if (!take(text, "engine")) return std::nullopt;
  const auto engine = take_integer(text);
  if (!engine) return std::nullopt;
  EngineChoice choice{.engine = *engine};
  while (!text.empty()) {
    if (!take(text, " ")) return std::nullopt;
    const auto type = take_integer(text);
    if (!type || !take(text, "=")) return std::nullopt;
    const auto value = take_integer(text);
    if (!value) return std::nullopt;
    choice.knobs.emplace_back(*type, *value);
  }
  return choice;
}

std::vector<EngineChoice> ranked_engines(const CudnnDescriptor& graph, const CudnnTarget& target,
                                         DType dtype, EngineDemands demands) {
  std::vector<EngineChoice> choices;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    target.attach_to_heuristics(heuristics);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    if (!heuristics.try_finalize()) continue;  // this mode has no engine for the graph
    for (const CudnnDescriptor& configuration : heuristics.get(
             CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, kMostEngines)) {
      const CudnnDescriptor engine = std::move(
          configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1)
              .front());
      if (!is_acceptable(engine, dtype, demands)) continue;
      EngineChoice choice = choice_of(configuration, engine);
      if (std::find(choices.begin(), choices.end(), choice) == choices.end()) {
        choices.push_back(std::move(choice));
      }
    }
  }
  return choices;
}

ConvolutionPlan::ConvolutionPlan(CudnnDescriptor plan, EngineChoice choice, bool is_compiled)
    : plan_(std::move(plan)),
      choice_(std::move(choice)),
      is_compiled_(is_compiled),
      workspace_bytes_(static_cast<std::size_t>(
          plan_.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE).front())) {}

std::optional<ConvolutionPlan> ConvolutionPlan::build(const CudnnDescriptor& graph,
                                                      const CudnnTarget& target,
                                                      const EngineChoice& choice) {
  CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  target.attach_to_engine(engine);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine);
  if (!engine.try_finalize()) return std::nullopt;

  std::vector<CudnnDescriptor> knobs;
  for (const auto& [type, value] : choice.knobs) {
    CudnnDescriptor knob(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(type))
        .set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    if (!knob.try_finalize()) return std::nullopt;
    knobs.push_back(std::move(knob));
  }
  CudnnDescriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!knobs.empty()) configuration.set_list(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
  if (!configuration.try_finalize()) return std::nullopt;

  CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  target.attach_to_plan(plan);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (!plan.try_finalize()) return std::nullopt;
  const auto notes = engine.get<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE);
  const bool is_compiled =
      std::find(notes.begin(), notes.end(), CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != notes.end();
  return ConvolutionPlan(std::move(plan), choice, is_compiled);
}

std::optional<ConvolutionPlan> ConvolutionPlan::load(const CudnnTarget& target,
                                                     const EngineChoice& choice,
                                                     const std::string& compiled_text) {
  try {
    CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    target.attach_to_plan(plan);
    // Depending on its version, cuDNN refuses a text when it is set or when the plan is finalised.
    plan.set_list(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, compiled_text);
    if (!plan.try_finalize()) return std::nullopt;
    return ConvolutionPlan(std::move(plan), choice, true);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string ConvolutionPlan::compiled_text() const {
  if (!is_compiled_) return {};
  try {
    const auto text = plan_.get<char>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
    return {text.begin(), std::find(text.begin(), text.end(), '\0')};
  } catch (const Error&) {
    return {};  // not every engine can write its plan; the next run compiles it again
  }
}

void ConvolutionPlan::run(cudnnHandle_t handle, std::span<const Binding> bindings,
                          void* workspace) const {
  std::array<std::int64_t, kMostTensors> ids{};
  std::array<void*, kMostTensors> pointers{};
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    ids[i] = bindings[i].tensor;
    pointers[i] = const_cast<void*>(bindings[i].memory);  // the graph decides which are read
  }
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set_list(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::span(ids).first(bindings.size()))
      .set_list(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::span(pointers).first(bindings.size()))
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
      .finalize();
  FPANET_CUDNN_CHECK(cudnn().cudnnBackendExecute(handle, plan_.raw(), pack.raw()));
}

}  // namespace fpanet::kernels
