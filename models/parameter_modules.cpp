#include "models/parameter_modules.hpp"

#include <algorithm>

namespace fpanet {
namespace {

/// Cuts the first component off `rest`; empty if it is the last one.
std::string next_component(std::string& rest) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string::npos) return {};
  std::string component = rest.substr(0, dot);
  rest.erase(0, dot + 1);
  return component;
}

bool is_number(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string module_of(const std::string& parameter) {
  std::string rest = parameter.starts_with("model.") ? parameter.substr(6) : parameter;
  std::string name = next_component(rest);
  const std::string second = next_component(rest);
  if (second.empty() || is_number(second)) return name;
  name += "." + second;
  return second == "blocks" ? name + "." + next_component(rest) : name;
}

std::vector<ModuleParameters> modules_of(const std::vector<std::string>& parameters) {
  std::vector<ModuleParameters> modules;
  for (const std::string& parameter : parameters) {
    const std::string name = module_of(parameter);
    auto module = std::ranges::find(modules, name, &ModuleParameters::name);
    if (module == modules.end()) module = modules.insert(module, {name, {}});
    module->parameters.push_back(parameter);
  }
  return modules;
}

}  // namespace fpanet
